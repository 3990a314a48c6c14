import { backoffMs } from '../../runtime/backoff.ts';

const HOUR_MS = 3_600_000;
/** What the spread of a backoff may add. */
const SPREAD = 1.2;

/**
 * When the next attempt is due. The row keeps it by the clock of the wall, for a restart; while the process lives, the
 * clock that never jumps decides, so that a wall clock set back stalls nothing and one set forward floods nobody.
 */
export class RetryClock {
  readonly #retryMs: number;
  readonly #now: () => number;
  #dueAt = performance.now();

  constructor(retryMs: number, now: () => number) {
    this.#retryMs = retryMs;
    this.#now = now;
  }

  get waitMs(): number {
    return this.#dueAt - performance.now();
  }

  /** As a row says it. Never longer than a backoff could take: the row may be from before the clock was set back. */
  setFrom({ attempts, nextTryAt }: { attempts: number; nextTryAt: number }): void {
    const backoff = attempts === 0 ? 0 : this.#retryMs * 2 ** (attempts - 1) * SPREAD;
    this.#wait(Math.min(Math.max(0, nextTryAt - this.#now()), backoff, HOUR_MS));
  }

  /** After so many failures of one event, of which there will be no attempt in more than `mostMs`; gives the wall's time. */
  setAfter(attempts: number, retryAfterMs: number | undefined, mostMs: number): number {
    const backoff = backoffMs(attempts, { firstMs: this.#retryMs, mostMs: HOUR_MS });
    const ms = Math.min(HOUR_MS, Math.max(backoff, retryAfterMs ?? 0), mostMs);
    this.#wait(ms);
    return Math.round(this.#now() + ms);
  }

  #wait(ms: number): void {
    this.#dueAt = performance.now() + ms;
  }
}
