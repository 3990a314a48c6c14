import { createHash } from 'node:crypto';

/** The longest text that goes into an index as it is: PostgreSQL refuses to index more than about 2700 bytes. */
const MOST_CHARACTERS = 512;

/** Whether either database gives it back as it is, in an index too: no NUL, no half of a surrogate pair, not too long. */
export function isStorable(text: string): boolean {
  return text.length <= MOST_CHARACTERS && text.isWellFormed() && !text.includes('\0');
}

/** The text where it is storable; else a digest of it, which differs for every other text. */
export function toStorableKey(text: string): string {
  // As JSON, because UTF-8 has no form for half a surrogate pair: different texts would become one.
  return isStorable(text)
    ? text
    : `sha256:${createHash('sha256').update(JSON.stringify(text)).digest('hex')}`;
}

/** The text with U+FFFD for what a database would refuse. */
export function toStorableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\u{FFFD}');
}
