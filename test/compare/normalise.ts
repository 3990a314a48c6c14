/** Values of one run that differ between two runs of the same code, by the word that replaces each. */
export type Known = readonly (readonly [value: string, word: string])[];

/** Texts that differ between two runs of the same code, wherever they are. A word with `#` gets a number. */
const VOLATILE: readonly (readonly [pattern: RegExp, word: string])[] = [
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)/g, '<time>'],
  [/\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/g, '<date>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<uuid #>'],
  // A request id that nginx made, or a secret.
  [/\b(?:[0-9a-f]{32}|[0-9a-f]{64})\b/g, '<hex #>'],
  // A stanza id: the kit and contacts use the first form, the phone the second.
  [/3EB0[0-9A-F]{18}|3A[0-9A-F]{18}/g, '<stanza #>'],
  [/whsec_[A-Za-z0-9+/=]+/g, '<webhook secret>'],
  [/\b\d{8}-\d{6}-[0-9a-f]{7}\b/g, '<release>'],
  [/W\/"[^"]*"/g, '<etag>'],
];

/** Fields of JSON whose values differ between two runs of the same code. */
const VOLATILE_FIELDS = new Set([
  'seq',
  'timestamp',
  'pid',
  'browser_pid',
  'ms',
  'took_ms',
  'duration_ms',
  'uptime_s',
  'uptime_ms',
  'cursor',
  'lag',
  'events_waiting',
  'qr',
  'pairing_code',
  'next',
  'device_id',
]);

/**
 * Replaces what differs between two runs of the same code. The same value gets the same number within one text, so that
 * equal ids stay equal.
 */
export function normaliseText(text: string, known: Known): string {
  let result = text;
  for (const [value, word] of known) result = replaceWhole(result, value, word);
  for (const [pattern, word] of VOLATILE) {
    const seen = new Map<string, number>();
    result = result.replace(pattern, (match) => {
      if (!word.includes('#')) return word;
      if (!seen.has(match)) seen.set(match, seen.size + 1);
      return word.replace('#', String(seen.get(match)));
    });
  }
  return result;
}

/** Returns a JSON value with each volatile field replaced, its fields in the order in which they came. */
export function normaliseJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normaliseJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      VOLATILE_FIELDS.has(name) && inner !== null && typeof inner !== 'object'
        ? `<${name}>`
        : normaliseJson(inner),
    ]),
  );
}

/** A port is replaced only where it is a whole number, and a path wherever it is. */
function replaceWhole(text: string, value: string, word: string): string {
  return /^\d+$/.test(value)
    ? text.replace(new RegExp(`(?<!\\d)${value}(?!\\d)`, 'g'), word)
    : text.replaceAll(value, word);
}
