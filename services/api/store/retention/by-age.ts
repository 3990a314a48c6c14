import { sql } from 'kysely';
import { isFinal, statesWhere } from '../../../contract/message-states.ts';
import { BATCH_ROWS, inBatches, type RetentionRun } from './batches.ts';
import { noteLosses } from './unseen-events.ts';

export const FINAL_STATES = statesWhere(isFinal);

/** The number of the first settled message, by the first of each state: those that wait cost nothing. */
export const firstFinalSeq = sql<number>`(select min(seq) from (${sql.join(
  FINAL_STATES.map((state) => sql`select min(seq) as seq from messages where state = ${state}`),
  sql` union all `,
)}) as firsts)`;

/** A medium may have megabytes. */
const MEDIA_AT_ONCE = 10;

/** When a message was settled; acceptance comes before. */
const settledAt = sql<number>`coalesce(ended_at, sent_at, accepted_at)`;

/**
 * Removes the events at the beginning of the log that were stored before `cutoff`, whether every webhook has had them or
 * not: a receiver that has been away for so long must not fill the disk. Each webhook shows how many it has lost.
 */
export async function removeOldEvents(run: RetentionRun, cutoff: number): Promise<void> {
  const { store, log, now } = run;
  const losses = new Map<string, number>();
  await inBatches(run, async () => {
    const oldest = await store.read((db) =>
      db.selectFrom('events').select(['seq', 'stored_at as at']).orderBy('seq').limit(BATCH_ROWS).execute(),
    );
    const old = leading(oldest, cutoff);
    const [first, last] = [old.at(0), old.at(-1)];
    if (first === undefined || last === undefined) return 0;
    const lost = await store.write(async (db) => {
      const noted = await noteLosses(db, { first: first.seq, last: last.seq }, now);
      await db.deleteFrom('events').where('seq', '<=', last.seq).execute();
      return noted;
    });
    for (const { webhook, count } of lost) losses.set(webhook, (losses.get(webhook) ?? 0) + count);
    return old.length;
  });
  for (const [webhook, lost] of losses)
    log.warn(
      { webhook, lost },
      `webhook ${webhook} has lost ${lost} events: they were older than EVENTS_KEEP_DAYS, and it had not taken them`,
    );
}

/** Removes messages that were settled before `cutoff`. */
export async function removeOldMessages(run: RetentionRun, cutoff: number): Promise<void> {
  for (const state of FINAL_STATES) {
    let behind = 0;
    await inBatches(run, async () => {
      const rows = await run.store.read((db) =>
        db
          .selectFrom('messages')
          .select(['seq', 'accepted_at', settledAt.as('at')])
          .where('state', '=', state)
          .where('seq', '>', behind)
          .orderBy('seq')
          .limit(BATCH_ROWS)
          .execute(),
      );
      const last = rows.at(-1);
      if (last === undefined) return 0;
      const after = behind;
      behind = last.seq;
      if (rows.some(({ at }) => at < cutoff))
        await run.store.write((db) =>
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
export async function removeKeys(run: RetentionRun, cutoff: number): Promise<void> {
  await inBatches(run, () =>
    run.store.write(async (db) => {
      const old = db
        .selectFrom('idempotency')
        .select('key')
        .where('created_at', '<', cutoff)
        .limit(BATCH_ROWS);
      return deleted(await db.deleteFrom('idempotency').where('key', 'in', old).executeTakeFirst());
    }),
  );
}

/** Removes media that were uploaded before `cutoff` and never sent, and those of messages that are settled or gone. */
export async function removeLooseMedia(run: RetentionRun, cutoff: number): Promise<void> {
  const { store } = run;
  await inBatches(run, () =>
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
  await inBatches(run, () =>
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
                .where('state', 'not in', FINAL_STATES),
            ),
          ),
        )
        .limit(MEDIA_AT_ONCE);
      return deleted(await db.deleteFrom('media').where('message_id', 'in', orphaned).executeTakeFirst());
    }),
  );
}

/** Removes dead letters that were made before `cutoff`. */
export async function removeDeadLetters(run: RetentionRun, cutoff: number): Promise<void> {
  const { store } = run;
  await inBatches(run, async () => {
    const oldest = await store.read((db) =>
      db
        .selectFrom('dead_letters')
        .select(['id', 'created_at as at'])
        .orderBy('id')
        .limit(BATCH_ROWS)
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
