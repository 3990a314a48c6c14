import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '#config';
import { errorText } from '../../contract/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { ClockTrust } from './clock-trust.ts';
import {
  removeDeadLetters,
  removeKeys,
  removeLooseMedia,
  removeOldEvents,
  removeOldMessages,
} from './removals.ts';
import { shrink } from './shrink.ts';
import { isStorageError } from './storage-errors.ts';
import type { Store } from './store.ts';
import { inSteps, type Round } from './tidy-round.ts';

export type RetentionLimits = Pick<Config['store'], 'eventsKeepDays' | 'messagesKeepDays' | 'maxBytes'>;

export interface Retention {
  /** Resolves when nothing is under way any more. */
  close(): Promise<void>;
}

const DAY_MS = 86_400_000;
const KEYS_KEEP_MS = DAY_MS;
const UPLOADS_KEEP_MS = DAY_MS;
const DEAD_LETTERS_KEEP_MS = 30 * DAY_MS;
/** Not at once: a start has other things to do. */
const FIRST_MS = 30_000;
const EVERY_MS = 300_000;

/**
 * Keeps the store from growing for ever: removes what has been kept long enough, then, beyond `maxBytes`, what is
 * oldest, and gives the room back to the disk. What waits to be sent is never touched.
 */
export function startRetention(
  store: Store,
  limits: RetentionLimits,
  log: Log,
  now: () => number = Date.now,
  everyMs = EVERY_MS,
): Retention {
  const over = new AbortController();
  const isOver = () => over.signal.aborted;
  const pause = (ms: number) =>
    sleep(ms, undefined, { signal: over.signal, ref: false }).catch(() => undefined); // cut short by the end
  const clock = new ClockTrust(now);
  const run = async () => {
    await pause(Math.min(FIRST_MS, everyMs));
    while (!isOver()) {
      const trust = clock.look();
      if (trust === 'jumped')
        log.warn('the clock has jumped by more than half a day: for a day nothing is removed for its age');
      await tidyUp({ store, log, now: now(), isOver }, limits, trust === 'good');
      await pause(everyMs);
    }
  };
  const running = run();
  return {
    close: async () => {
      over.abort();
      await running;
    },
  };
}

/** One round. What fails is told in the log, and tried again in the next. */
export async function tidyUp(round: Round, limits: RetentionLimits, knowsAges = true): Promise<void> {
  const { store, log } = round;
  try {
    if (knowsAges) await removeAged(round, limits);
    await shrink(round, limits.maxBytes);
    await inSteps(round, async () => ((await store.tidy()) ? 1 : 0));
  } catch (error) {
    // The store tells and heals its own troubles.
    if (!isStorageError(error)) log.error({ err: error }, `the store was not tidied up: ${errorText(error)}`);
  }
}

async function removeAged(round: Round, limits: RetentionLimits): Promise<void> {
  const { now } = round;
  await removeOldEvents(round, now - limits.eventsKeepDays * DAY_MS);
  await removeOldMessages(round, now - limits.messagesKeepDays * DAY_MS);
  await removeKeys(round, now - KEYS_KEEP_MS);
  await removeLooseMedia(round, now - UPLOADS_KEEP_MS);
  await removeDeadLetters(round, now - DEAD_LETTERS_KEEP_MS);
}
