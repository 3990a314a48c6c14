/** Random hex has 16 characters, and 24 of them hold fewer than 6 different ones once in 300 million times. */
const LEAST_DIFFERENT = 6;
/** As a share of all steps from one character to the next; random hex has under a fifth. */
const MOST_IN_SEQUENCE = 0.75;
/** Words that stand where a document means "put yours here". A random key holds none of them. */
const PLACEHOLDER =
  /change[-_.]?(?:me|this)|replace[-_.]?(?:me|this)|placeholder|your[-_.]?(?:api[-_.]?)?(?:key|secret)|example|password|letmein|qwert[yz]|asdfgh/i;

/**
 * Whether a text can be guessed: one character many times, a pattern that repeats, a sequence, or a word of a document
 * where a key belongs. It knows patterns only; a text that it does not call weak may still be a sentence.
 */
export function isWeakSecret(text: string): boolean {
  return new Set(text).size < LEAST_DIFFERENT || repeats(text) || isSequence(text) || PLACEHOLDER.test(text);
}

/** Whether a text is a shorter one again and again, cut off anywhere. */
function repeats(text: string): boolean {
  const most = Math.floor(text.length / 2);
  for (let length = 1; length <= most; length += 1)
    if (text.slice(length) === text.slice(0, -length)) return true;
  return false;
}

function isSequence(text: string): boolean {
  const codes = [...text].map((character) => character.charCodeAt(0));
  const inSequence = codes.slice(1).filter((code, index) => Math.abs(code - (codes[index] ?? 0)) <= 1);
  return inSequence.length > (codes.length - 1) * MOST_IN_SEQUENCE;
}
