import { createHash, timingSafeEqual } from 'node:crypto';

/** Tells whether a text is the secret, in a time that tells nothing of where they differ, nor of the secret's length. */
export type SecretTest = (given: string) => boolean;

export function secretTest(secret: string): SecretTest {
  const expected = digest(secret);
  return (given) => timingSafeEqual(digest(given), expected);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
