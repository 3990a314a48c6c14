import { sql } from 'kysely';
import { isSettled, MESSAGE_STATES } from '../outbox/message.ts';
import { inSteps, ROWS_AT_ONCE, type Round } from './tidy-round.ts';
import { type SeqRange, warnOfUnseen, widen } from './unseen-events.ts';

export const SETTLED_STATES = MESSAGE_STATES.filter(isSettled);

/** The number of the first settled message, by the first of each state: those that wait cost nothing. */
export const firstSettledSeq = sql<number>`(select min(seq) from (${sql.join(
  SETTLED_STATES.map((state) => sql`select min(seq) as seq from messages where state = ${state}`),
  sql` union all `,
)}) as firsts)`;

/** A medium may have megabytes. */
const MEDIA_AT_ONCE = 10;

/** When a message was settled; acceptance comes before. */
const settledAt = sql<number>`coalesce(ended_at, sent_at, accepted_at)`;

/**
 * Removes the events at the beginning of the log that were stored before `cutoff`, whether every webhook has had them or
 * not: a receiver that has been away for so long must not fill the disk.
 */
export async function removeOldEvents(round: Round, cutoff: number): Promise<void> {
  const { store } = round;
  let removed: SeqRange | undefined;
  await inSteps(round, async () => {
    const oldest = await store.read((db) =>
      db.selectFrom('events').select(['seq', 'stored_at as at']).orderBy('seq').limit(ROWS_AT_ONCE).execute(),
    );
    const old = leading(oldest, cutoff);
    const [first, last] = [old.at(0), old.at(-1)];
    if (first === undefined || last === undefined) return 0;
    await store.write((db) => db.deleteFrom('events').where('seq', '<=', last.seq).execute());
    removed = widen(removed, { first: first.seq, last: last.seq });
    return old.length;
  });
  await warnOfUnseen(round, removed, 'they were older than EVENTS_KEEP_DAYS');
}

/** Removes messages that were settled before `cutoff`. */
export async function removeOldMessages(round: Round, cutoff: number): Promise<void> {
  for (const state of SETTLED_STATES) {
    let behind = 0;
    await inSteps(round, async () => {
      const rows = await round.store.read((db) =>
        db
          .selectFrom('messages')
          .select(['seq', 'accepted_at', settledAt.as('at')])
          .where('state', '=', state)
          .where('seq', '>', behind)
          .orderBy('seq')
          .limit(ROWS_AT_ONCE)
          .execute(),
      );
      const last = rows.at(-1);
      if (last === undefined) return 0;
      const after = behind;
      behind = last.seq;
      if (rows.some(({ at }) => at < cutoff))
        await round.store.write((db) =>
          db
            .deleteFrom('messages')
            .where('state', '=', state)
            .where('seq', '>', after)
            .where('seq', '<=', last.seq)
            .where(settledAt, '<', cutoff)
            .execute(),
        );
      // Whatever was accepted after the cutoff was settled after it.
      return last.accepted_at >= cutoff ? 0 : rows.length;
    });
  }
}

/** Removes idempotency keys that were used before `cutoff`. */
export async function removeKeys(round: Round, cutoff: number): Promise<void> {
  await inSteps(round, () =>
    round.store.write(async (db) => {
      const old = db
        .selectFrom('idempotency')
        .select('key')
        .where('created_at', '<', cutoff)
        .limit(ROWS_AT_ONCE);
      return deleted(await db.deleteFrom('idempotency').where('key', 'in', old).executeTakeFirst());
    }),
  );
}

/** Removes media that were uploaded before `cutoff` and never sent, and those of messages that are settled or gone. */
export async function removeLooseMedia(round: Round, cutoff: number): Promise<void> {
  const { store } = round;
  await inSteps(round, () =>
    store.write(async (db) => {
      const unused = db
        .selectFrom('media')
        .select('id')
        .where('message_id', 'is', null)
        .where('created_at', '<', cutoff)
        .limit(MEDIA_AT_ONCE);
      return deleted(await db.deleteFrom('media').where('id', 'in', unused).executeTakeFirst());
    }),
  );
  await inSteps(round, () =>
    store.write(async (db) => {
      const orphaned = db
        .selectFrom('media')
        .select('message_id')
        .where('message_id', 'is not', null)
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('messages')
                .select('seq')
                .whereRef('messages.id', '=', 'media.message_id')
                .where('state', 'not in', SETTLED_STATES),
            ),
          ),
        )
        .limit(MEDIA_AT_ONCE);
      return deleted(await db.deleteFrom('media').where('message_id', 'in', orphaned).executeTakeFirst());
    }),
  );
}

/** Removes dead letters that were made before `cutoff`. */
export async function removeDeadLetters(round: Round, cutoff: number): Promise<void> {
  const { store } = round;
  await inSteps(round, async () => {
    const oldest = await store.read((db) =>
      db
        .selectFrom('dead_letters')
        .select(['id', 'created_at as at'])
        .orderBy('id')
        .limit(ROWS_AT_ONCE)
        .execute(),
    );
    const old = leading(oldest, cutoff);
    const last = old.at(-1);
    if (last === undefined) return 0;
    await store.write((db) => db.deleteFrom('dead_letters').where('id', '<=', last.id).execute());
    return old.length;
  });
}

/** Those at the beginning that are older: after a clock that went wrong for a while, too few rather than too many. */
function leading<Row extends { readonly at: number }>(rows: readonly Row[], cutoff: number): readonly Row[] {
  const firstYoung = rows.findIndex(({ at }) => at >= cutoff);
  return firstYoung === -1 ? rows : rows.slice(0, firstYoung);
}

function deleted(result: { readonly numDeletedRows: bigint }): number {
  return Number(result.numDeletedRows);
}
