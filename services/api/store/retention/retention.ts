import type { Config } from '#config';
import { errorText } from '../../../contract/errors.ts';
import type { Log } from '../../../runtime/log.ts';
import { WakeSignal } from '../../../runtime/wake-signal.ts';
import { isStorageError } from '../storage-errors.ts';
import type { Store } from '../store.ts';
import { inBatches, type RetentionRun } from './batches.ts';
import {
  removeDeadLetters,
  removeKeys,
  removeLooseMedia,
  removeOldEvents,
  removeOldMessages,
} from './by-age.ts';
import { limitSize } from './by-size.ts';
import { ClockTrust } from './clock-trust.ts';
import type { StoreRoom } from './store-room.ts';

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
/** A store that is too large is looked at this soon again. */
const OVER_MS = 10_000;

/**
 * Keeps the store from growing for ever: removes what has been kept long enough, then, beyond `maxBytes`, what is
 * oldest, and gives the room back to the disk. Waiting messages, and by size events that a webhook wants, stay.
 */
export function startRetention(
  store: Store,
  limits: RetentionLimits,
  log: Log,
  room: StoreRoom,
  now: () => number = Date.now,
  everyMs = EVERY_MS,
): Retention {
  const wake = new WakeSignal();
  let isClosed = false;
  const isOver = () => isClosed;
  let ranAt = Number.NEGATIVE_INFINITY;
  room.onOver = () => {
    if (performance.now() - ranAt > OVER_MS) wake.set();
  };
  const clock = new ClockTrust(now);
  const run = async () => {
    await wake.wait(Math.min(FIRST_MS, everyMs));
    while (!isOver()) {
      const trust = clock.look();
      if (trust === 'jumped')
        log.warn('the clock has jumped by more than half a day: for a day nothing is removed for its age');
      await runRetention({ store, log, now: now(), isOver }, limits, trust === 'good', room);
      ranAt = performance.now();
      await wake.wait(everyMs);
    }
  };
  const running = run();
  return {
    close: async () => {
      isClosed = true;
      wake.set();
      await running;
    },
  };
}

/** Applies the limits once. A failure is logged, and the next run tries again. */
export async function runRetention(
  run: RetentionRun,
  limits: RetentionLimits,
  knowsAges = true,
  room?: Pick<StoreRoom, 'note'>,
): Promise<void> {
  const { store, log } = run;
  try {
    if (knowsAges) await removeAged(run, limits);
    const bytes = await limitSize(run, limits.maxBytes);
    if (!run.isOver()) room?.note(bytes);
    await inBatches(run, async () => ((await store.vacuum()) ? 1 : 0));
  } catch (error) {
    // The store tells and heals its own troubles.
    if (!isStorageError(error)) log.error({ err: error }, `the store was not tidied up: ${errorText(error)}`);
  }
}

async function removeAged(run: RetentionRun, limits: RetentionLimits): Promise<void> {
  const { now } = run;
  await removeOldEvents(run, now - limits.eventsKeepDays * DAY_MS);
  await removeOldMessages(run, now - limits.messagesKeepDays * DAY_MS);
  await removeKeys(run, now - KEYS_KEEP_MS);
  await removeLooseMedia(run, now - UPLOADS_KEEP_MS);
  await removeDeadLetters(run, now - DEAD_LETTERS_KEEP_MS);
}
