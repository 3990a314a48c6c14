import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** The longest life of a token, also where WhatsApp gives the challenge more time. */
const LIFE_MS = 10 * 60_000;
/** Tokens at once: whoever asks for more loses the oldest. */
const MOST_TOKENS = 8;

interface Token {
  readonly hash: Buffer;
  readonly challengeId: string;
  readonly expiresAt: number;
}

/** The one-time tokens with which a tab at another origin answers a challenge. Only their hashes are kept. */
export class PasskeyTokens {
  #tokens: readonly Token[] = [];

  issue(challengeId: string, challengeExpiresAt: number): { token: string; expiresAt: number } {
    const token = randomBytes(32).toString('base64url');
    const expiresAt = Math.min(challengeExpiresAt, Date.now() + LIFE_MS);
    const kept = this.#tokens.filter((other) => other.expiresAt > Date.now()).slice(1 - MOST_TOKENS);
    this.#tokens = [...kept, { hash: hashOf(token), challengeId, expiresAt }];
    return { token, expiresAt };
  }

  /** Uses the token up, and gives the challenge that it is for; undefined when it is unknown, used or expired. */
  redeem(token: string): string | undefined {
    const hash = hashOf(token);
    // Every token is compared: the time that it takes says nothing.
    const found = this.#tokens.filter((other) => timingSafeEqual(other.hash, hash)).at(0);
    this.#tokens = this.#tokens.filter((other) => other !== found);
    return found !== undefined && found.expiresAt > Date.now() ? found.challengeId : undefined;
  }
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
