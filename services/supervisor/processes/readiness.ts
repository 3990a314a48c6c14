import { setTimeout as sleep } from 'node:timers/promises';
import type { Origin } from '../../runtime/http/internal-call.ts';
import { probe } from './probe.ts';

const FIRST_PAUSE_MS = 15;
/** What starts slowly is asked less often: the questions take time from it. Known to be ready late by a twentieth. */
const PAUSES_OF_START = 20;
const ANSWERS_WITHIN_MS = 1_000;

/** The last answer of a service that was awaited. */
export interface Readiness {
  readonly isReady: boolean;
  /** Undefined when it did not answer. */
  readonly status: number | undefined;
}

/**
 * Calls a service until it answers 200, or until `withinMs` have passed. Gives undefined as soon as `isAwaited` says that
 * the answer no longer matters.
 */
export async function pollReady(
  origin: Origin,
  path: string,
  withinMs: number,
  isAwaited: () => boolean,
): Promise<Readiness | undefined> {
  const since = performance.now();
  while (isAwaited()) {
    const status = (await probe(origin, path, ANSWERS_WITHIN_MS))?.status;
    if (!isAwaited()) return undefined;
    if (status === 200) return { isReady: true, status };
    const waitedMs = performance.now() - since;
    if (waitedMs > withinMs) return { isReady: false, status };
    await sleep(Math.max(FIRST_PAUSE_MS, waitedMs / PAUSES_OF_START), undefined, { ref: false });
  }
  return undefined;
}
