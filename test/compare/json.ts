/** Returns a field of a value of unknown shape, or undefined. */
export function fieldOf(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, name) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, name) : undefined),
    value,
  );
}

/** Returns a field that must be a text. */
export function textOf(value: unknown, ...path: readonly string[]): string {
  const text = fieldOf(value, ...path);
  if (typeof text === 'string') return text;
  throw new Error(`${path.join('.')} must be a text in ${JSON.stringify(value)}`);
}

/** Returns a field that must be a number. */
export function numberOf(value: unknown, ...path: readonly string[]): number {
  const number = fieldOf(value, ...path);
  if (typeof number === 'number') return number;
  throw new Error(`${path.join('.')} must be a number in ${JSON.stringify(value)}`);
}

/** Returns a field that must be a list; the value itself without a path. */
export function listOf(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const list = fieldOf(value, ...path);
  if (Array.isArray(list)) return list;
  throw new Error(`${path.join('.')} must be a list in ${JSON.stringify(value)}`);
}
