import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../../runtime/log.ts';
import type { Store } from '../store.ts';

/** One run of retention. */
export interface RetentionRun {
  readonly store: Store;
  readonly log: Log;
  /** The moment by which ages are counted, as Unix time in ms. */
  readonly now: number;
  /** Whether the run must stop. */
  isOver(): boolean;
}

/** Most rows that are removed in one transaction: a few milliseconds in which nothing else is written. */
export const BATCH_ROWS = 250;

/**
 * Repeats a step until it gives 0; gives the sum of what the steps gave. Between two of them the others have as much
 * time as the step took.
 */
export async function inBatches(run: RetentionRun, step: () => Promise<number>): Promise<number> {
  let total = 0;
  while (!run.isOver()) {
    const begun = performance.now();
    const done = await step();
    if (done === 0) break;
    total += done;
    await sleep(performance.now() - begun);
  }
  return total;
}
