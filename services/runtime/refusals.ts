const COUNTED_MS = 60_000;

/** Counts what a bounded resource refused in the last minute, and says when it is time for a line in the log. */
export class Refusals {
  readonly #logEveryMs: number;
  readonly #now: () => number;
  #count = 0;
  #sinceMs = 0;
  #loggedMs = Number.NEGATIVE_INFINITY;

  /** `now`: monotonic time in ms. */
  constructor(logEveryMs: number, now: () => number = () => performance.now()) {
    this.#logEveryMs = logEveryMs;
    this.#now = now;
  }

  /** Counts one. Returns whether it should be logged: clients cause refusals, so not each has a line. */
  add(): boolean {
    const nowMs = this.#now();
    if (this.count === 0) {
      this.#count = 0;
      this.#sinceMs = nowMs;
    }
    this.#count += 1;
    if (nowMs - this.#loggedMs < this.#logEveryMs) return false;
    this.#loggedMs = nowMs;
    return true;
  }

  /** Of a minute at most, which begins with the first one. */
  get count(): number {
    return this.#now() - this.#sinceMs < COUNTED_MS ? this.#count : 0;
  }
}
