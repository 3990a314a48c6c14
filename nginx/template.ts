/** Throws for a placeholder that has no value, and for a value that no placeholder takes: both are slips of ours. */
export function fillTemplate(template: string, values: Readonly<Record<string, string>>): string {
  const used = new Set<string>();
  const text = template.replace(/\{\{([A-Z_]+)\}\}/g, (_match, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`the template has {{${name}}}, for which there is no value`);
    used.add(name);
    return value;
  });
  const unused = Object.keys(values).filter((name) => !used.has(name));
  if (unused.length > 0) throw new Error(`the template has no place for ${unused.join(', ')}`);
  return text;
}

/** A text as it stands between double quotes in a configuration of nginx, where `$` still begins a variable. */
export function quoted(text: string): string {
  if (/[\0-\x1f\x7f]/.test(text)) throw new Error(`a control character in ${JSON.stringify(text)}`);
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
}

/** A text that is to be taken as it is: nginx has no escape for `$`. */
export function literal(text: string): string {
  if (text.includes('$')) throw new Error(`nginx would look for a variable in ${JSON.stringify(text)}`);
  return quoted(text);
}

/** A text as a part of a regular expression. */
export function inPattern(text: string): string {
  return literal(text.replace(/[.*+?^{}()|[\]\\/-]/g, '\\$&'));
}
