import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../runtime/log.ts';
import type { Store } from './store.ts';

/** One round of tidying up. */
export interface Round {
  readonly store: Store;
  readonly log: Log;
  /** The moment by which ages are counted, as Unix time in ms. */
  readonly now: number;
  /** Whether to leave off. */
  isOver(): boolean;
}

/** Most rows that are removed in one transaction: a few milliseconds in which nothing else is written. */
export const ROWS_AT_ONCE = 250;

/**
 * Repeats a step until it gives 0; gives the sum of what the steps gave. Between two of them the others have as much
 * time as the step took.
 */
export async function inSteps(round: Round, step: () => Promise<number>): Promise<number> {
  let total = 0;
  while (!round.isOver()) {
    const begun = performance.now();
    const done = await step();
    if (done === 0) break;
    total += done;
    await sleep(performance.now() - begun);
  }
  return total;
}
