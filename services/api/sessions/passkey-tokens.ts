import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** The longest life of a token, also where WhatsApp gives the challenge more time. */
const LIFE_MS = 10 * 60_000;
/** Challenges whose tokens are kept. A page has one at a time; the oldest is dropped. */
const MOST_CHALLENGES = 8;

interface Token {
  readonly token: string;
  readonly challengeId: string;
  readonly expiresAt: number;
}

/**
 * The one-time tokens with which a tab at another origin answers a challenge. A challenge has one token until it is used:
 * a client that polls takes no token away from the snippet that its user has copied.
 */
export class PasskeyTokens {
  #tokens: readonly Token[] = [];

  issue(challengeId: string, challengeExpiresAt: number): Pick<Token, 'token' | 'expiresAt'> {
    const valid = this.#tokens.filter(({ expiresAt }) => expiresAt > Date.now());
    const known = valid.find((one) => one.challengeId === challengeId);
    if (known !== undefined) return known;
    const token = randomBytes(32).toString('base64url');
    const issued = { token, challengeId, expiresAt: Math.min(challengeExpiresAt, Date.now() + LIFE_MS) };
    this.#tokens = [...valid, issued].slice(-MOST_CHALLENGES);
    return issued;
  }

  /** Uses the token up, and gives the challenge that it is for; undefined when it is unknown, used or expired. */
  redeem(token: string): string | undefined {
    const hash = hashOf(token);
    // Every token is compared: the time that it takes says nothing.
    const found = this.#tokens.filter((one) => timingSafeEqual(hashOf(one.token), hash)).at(0);
    this.#tokens = this.#tokens.filter((one) => one !== found);
    return found !== undefined && found.expiresAt > Date.now() ? found.challengeId : undefined;
  }
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
