const DAY_MS = 86_400_000;
/** How far the clock may go astray between two looks. */
const ASTRAY_MS = DAY_MS / 2;

/**
 * Whether ages can be told by the clock. Not for a day after it has jumped by more than half a day: somebody may be about
 * to set it right again, and what was removed for its age by then would be gone.
 */
export class ClockTrust {
  readonly #now: () => number;
  readonly #steady: () => number;
  #last: { now: number; steady: number };
  #doubtedUntil = Number.NEGATIVE_INFINITY;

  constructor(now: () => number, steady: () => number = () => performance.now()) {
    this.#now = now;
    this.#steady = steady;
    this.#last = { now: now(), steady: steady() };
  }

  look(): 'good' | 'jumped' | 'doubted' {
    const [now, steady] = [this.#now(), this.#steady()];
    const astrayMs = now - this.#last.now - (steady - this.#last.steady);
    this.#last = { now, steady };
    if (Math.abs(astrayMs) > ASTRAY_MS) {
      this.#doubtedUntil = steady + DAY_MS;
      return 'jumped';
    }
    return steady < this.#doubtedUntil ? 'doubted' : 'good';
  }
}
