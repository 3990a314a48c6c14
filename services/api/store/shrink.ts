import { firstSettledSeq, SETTLED_STATES } from './removals.ts';
import { estimateBytes } from './store-size.ts';
import { inSteps, ROWS_AT_ONCE, type Round } from './tidy-round.ts';
import { activeCursors, type SeqRange, warnOfUnseen, widen } from './unseen-events.ts';

/** Longer than any idempotency key: or a request that is repeated would find its message gone, and send another. */
const SPARED_MS = 25 * 3_600_000;
const MEBIBYTE = 1024 ** 2;

/**
 * Removes the oldest events and settled messages until the store holds no more than `maxBytes`, as far as it can tell.
 * Events that a webhook still waits for go last.
 */
export async function shrink(round: Round, maxBytes: number): Promise<void> {
  let unseen: SeqRange | undefined;
  const isTooLarge = async () => (await estimateBytes(round.store)) > maxBytes;
  await inSteps(round, async () => {
    if (!(await isTooLarge())) return 0;
    const message = await oldestMessage(round);
    const event = await oldestEvent(round);
    const taken = await takenByAll(round);
    const isEventTaken = event !== undefined && event.seq <= taken;
    if (isEventTaken && (message === undefined || event.at <= message.at))
      return removeEvents(round, { first: event.seq, last: Math.min(taken, event.seq + ROWS_AT_ONCE - 1) });
    if (message !== undefined) return removeMessages(round, message.seq);
    if (event === undefined) return 0;
    const range = { first: event.seq, last: event.seq + ROWS_AT_ONCE - 1 };
    unseen = widen(unseen, range);
    return removeEvents(round, range);
  });
  await warnOfUnseen(round, unseen, 'the store held more than STORE_MAX_BYTES');
  if (!round.isOver() && (await isTooLarge()))
    round.log.warn(
      `the store holds more than STORE_MAX_BYTES (${Math.round(maxBytes / MEBIBYTE)} MiB), and nothing is left that may be removed`,
    );
}

function oldestEvent({ store }: Round): Promise<{ seq: number; at: number } | undefined> {
  return store.read((db) =>
    db.selectFrom('events').select(['seq', 'stored_at as at']).orderBy('seq').limit(1).executeTakeFirst(),
  );
}

/** The last event that every webhook has had. */
async function takenByAll({ store }: Round): Promise<number> {
  const cursors = await store.read(activeCursors);
  return Math.min(Number.MAX_SAFE_INTEGER, ...cursors.map(({ cursor }) => cursor));
}

async function oldestMessage({ store, now }: Round): Promise<{ seq: number; at: number } | undefined> {
  return store.read((db) =>
    db
      .selectFrom('messages')
      .select(['seq', 'accepted_at as at'])
      .where('seq', '=', firstSettledSeq)
      .where('accepted_at', '<', now - SPARED_MS)
      .executeTakeFirst(),
  );
}

async function removeEvents({ store }: Round, { first, last }: SeqRange): Promise<number> {
  const result = await store.write((db) =>
    db.deleteFrom('events').where('seq', '>=', first).where('seq', '<=', last).executeTakeFirst(),
  );
  return Number(result.numDeletedRows);
}

async function removeMessages({ store, now }: Round, first: number): Promise<number> {
  const result = await store.write((db) =>
    db
      .deleteFrom('messages')
      .where('seq', '>=', first)
      .where('seq', '<', first + ROWS_AT_ONCE)
      .where('state', 'in', SETTLED_STATES)
      .where('accepted_at', '<', now - SPARED_MS)
      .executeTakeFirst(),
  );
  return Number(result.numDeletedRows);
}
