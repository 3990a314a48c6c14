import { BATCH_ROWS, inBatches, type RetentionRun } from './batches.ts';
import { FINAL_STATES, firstFinalSeq } from './by-age.ts';
import { estimateBytes } from './store-size.ts';
import { activeCursors, type SeqRange } from './unseen-events.ts';

/** Longer than any idempotency key: or a request that is repeated would find its message gone, and send another. */
const SPARED_MS = 25 * 3_600_000;
const MEBIBYTE = 1024 ** 2;

/**
 * Removes the oldest events and settled messages until the store holds no more than `maxBytes`, as far as it can tell.
 * Returns about how many bytes it then holds. Events that a webhook still wants are promised, and stay.
 */
export async function limitSize(run: RetentionRun, maxBytes: number): Promise<number> {
  let bytes = await estimateBytes(run.store);
  await inBatches(run, async () => {
    bytes = await estimateBytes(run.store);
    if (bytes <= maxBytes) return 0;
    const message = await oldestMessage(run);
    const event = await oldestEvent(run);
    const taken = await takenByAll(run);
    const isEventTaken = event !== undefined && event.seq <= taken;
    if (isEventTaken && (message === undefined || event.at <= message.at))
      return removeEvents(run, { first: event.seq, last: Math.min(taken, event.seq + BATCH_ROWS - 1) });
    return message === undefined ? 0 : removeMessages(run, message.seq);
  });
  if (!run.isOver() && bytes > maxBytes)
    run.log.warn(
      `the store holds more than STORE_MAX_BYTES (${Math.round(maxBytes / MEBIBYTE)} MiB), and nothing is left that may be removed`,
    );
  return bytes;
}

function oldestEvent({ store }: RetentionRun): Promise<{ seq: number; at: number } | undefined> {
  return store.read((db) =>
    db.selectFrom('events').select(['seq', 'stored_at as at']).orderBy('seq').limit(1).executeTakeFirst(),
  );
}

/** The last event that every webhook has had. */
async function takenByAll({ store }: RetentionRun): Promise<number> {
  const cursors = await store.read(activeCursors);
  return Math.min(Number.MAX_SAFE_INTEGER, ...cursors.map(({ cursor }) => cursor));
}

async function oldestMessage({ store, now }: RetentionRun): Promise<{ seq: number; at: number } | undefined> {
  return store.read((db) =>
    db
      .selectFrom('messages')
      .select(['seq', 'accepted_at as at'])
      .where('seq', '=', firstFinalSeq)
      .where('accepted_at', '<', now - SPARED_MS)
      .executeTakeFirst(),
  );
}

async function removeEvents({ store }: RetentionRun, { first, last }: SeqRange): Promise<number> {
  const result = await store.write((db) =>
    db.deleteFrom('events').where('seq', '>=', first).where('seq', '<=', last).executeTakeFirst(),
  );
  return Number(result.numDeletedRows);
}

async function removeMessages({ store, now }: RetentionRun, first: number): Promise<number> {
  const result = await store.write((db) =>
    db
      .deleteFrom('messages')
      .where('seq', '>=', first)
      .where('seq', '<', first + BATCH_ROWS)
      .where('state', 'in', FINAL_STATES)
      .where('accepted_at', '<', now - SPARED_MS)
      .executeTakeFirst(),
  );
  return Number(result.numDeletedRows);
}
