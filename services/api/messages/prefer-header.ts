/** How long a client is ready to wait, as its `Prefer` header says. Source: RFC 7240. */
export interface Preference {
  /** At most so long; undefined when nothing was asked for. */
  readonly waitMs: number | undefined;
  /** What was understood, for `Preference-Applied`; undefined when there was nothing. */
  readonly applied: string | undefined;
}

const NONE: Preference = { waitMs: undefined, applied: undefined };

/** `respond-async` is at once, `wait=10` is ten seconds, both together is ten seconds. Anything else is ignored. */
export function readPreference(header: string | readonly string[] | undefined): Preference {
  if (header === undefined) return NONE;
  const preferences = [header]
    .flat()
    .join(',')
    .split(',')
    .map((text) => text.split(';', 1).join('').trim().toLowerCase());
  const isAsync = preferences.includes('respond-async');
  const seconds = preferences
    .map((text) => /^wait *= *"?(\d{1,6})"?$/.exec(text)?.[1])
    .find((text) => text !== undefined);
  if (seconds !== undefined)
    return {
      waitMs: Number(seconds) * 1_000,
      applied: `${isAsync ? 'respond-async, ' : ''}wait=${Number(seconds)}`,
    };
  return isAsync ? { waitMs: 0, applied: 'respond-async' } : NONE;
}
