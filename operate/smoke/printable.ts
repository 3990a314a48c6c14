const MOST_CHARACTERS = 400;
/** C0 and C1 controls, what turns the direction of writing, and what has no width: a terminal obeys them. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]+/gu;

/** A stranger's text, fit for a terminal and one line: without control characters, and cut. */
export function printable(text: string): string {
  const plain = text.replace(UNPRINTABLE, ' ').replace(/ {2,}/g, ' ').trim();
  return plain.length > MOST_CHARACTERS ? `${plain.slice(0, MOST_CHARACTERS)} …` : plain;
}

/** The text without any of these keys, whatever a server has made of the one it was sent. */
export function withoutKeys(text: string, keys: readonly string[]): string {
  return keys.reduce((rest, key) => (key === '' ? rest : rest.replaceAll(key, '[key]')), text);
}
