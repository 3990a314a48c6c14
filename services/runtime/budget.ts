import { type Pressure, pressureOf } from '../contract/pressure.ts';
import type { Log } from './log.ts';
import { Refusals } from './refusals.ts';

export interface BudgetOptions {
  /** The name of the resource in `/health` and in the log: `body_memory`. */
  readonly resource: string;
  /** Of all holders together. */
  readonly total: number;
  /** Most that one holder may have. */
  readonly share: number;
  /** The setting to raise, for the log line. */
  readonly setting?: string;
  readonly log?: Pick<Log, 'warn'>;
  /** Monotonic time in ms. */
  readonly now?: () => number;
}

/** An amount that is taken; `release` gives it back, once. */
export interface Lease {
  readonly release: () => void;
}

/** Of the total, kept for holders that have nothing yet. */
const RESERVE = 1 / 4;
const LOG_EVERY_MS = 10_000;

/**
 * A bounded resource that many holders share: connections, bytes in memory, readers. One holder gets at most its share,
 * and the last quarter of the total is for holders that have nothing yet.
 */
export class Budget {
  readonly #options: BudgetOptions;
  readonly #refusals: Refusals;
  readonly #held = new Map<string, number>();
  #used = 0;

  constructor(options: BudgetOptions) {
    this.#options = options;
    this.#refusals = new Refusals(LOG_EVERY_MS, options.now);
  }

  /** Takes an amount for a holder. Returns undefined if the total, the reserve or the holder's share is exceeded. */
  take(holder: string, amount: number): Lease | undefined {
    if (!this.fits(holder, amount)) {
      this.noteRefusal(holder);
      return undefined;
    }
    this.#add(holder, amount);
    let isHeld = true;
    return {
      release: () => {
        if (isHeld) this.#add(holder, -amount);
        isHeld = false;
      },
    };
  }

  /** Whether `take` would give it now. */
  fits(holder: string, amount: number): boolean {
    const { total, share } = this.#options;
    const held = this.heldBy(holder);
    const left = total - this.#used - (held === 0 ? 0 : total * RESERVE);
    return amount <= left && held + amount <= share;
  }

  /** What one holder has. */
  heldBy(holder: string): number {
    return this.#held.get(holder) ?? 0;
  }

  /** Undefined while the resource is far from its limit and nothing was refused in the last minute. */
  get pressure(): Pressure | undefined {
    const { resource, total } = this.#options;
    return pressureOf({ resource, used: this.#used, limit: total, refused: this.#refusals.count });
  }

  /** Counts and logs a refusal. `take` calls it; a caller that waits first calls it in the end. */
  noteRefusal(holder: string): void {
    if (!this.#refusals.add()) return;
    const held = this.heldBy(holder);
    const { resource, total, share, setting, log } = this.#options;
    const remedy = setting === undefined ? '' : `; raise ${setting} if this is your own traffic`;
    log?.warn(
      { resource, holder, held, share, used: this.#used, total },
      `${resource}: a request of ${holder} is refused; ${held} of its share of ${share}, ${this.#used} of ${total} in all are in use${remedy}`,
    );
  }

  #add(holder: string, amount: number): void {
    this.#used += amount;
    const held = (this.#held.get(holder) ?? 0) + amount;
    if (held <= 0) this.#held.delete(holder);
    else this.#held.set(holder, held);
  }
}

/** The resources of a process that are near their limits, for its readiness answer. */
export function pressures(budgets: Iterable<{ readonly pressure: Pressure | undefined }>): Pressure[] {
  return [...budgets].flatMap(({ pressure }) => pressure ?? []);
}
