import { setTimeout as sleep } from 'node:timers/promises';

/** The time of a deploy's waits. */
export interface Clock {
  /** Never goes back. */
  nowMs(): number;
  sleep(ms: number): Promise<unknown>;
}

/** The clock of this process. */
export const processClock: Clock = { nowMs: () => performance.now(), sleep };
