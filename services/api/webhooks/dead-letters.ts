import { sql } from 'kysely';
import type { Database } from '../store/store.ts';

export interface DeadLetter {
  readonly id: number;
  readonly seq: number;
  readonly type: string;
  /** The body as it would have been posted. */
  readonly payload: string;
  readonly reason: string;
  readonly attempts: number;
  readonly createdAt: number;
  readonly isRedriving: boolean;
}

/** Those of a webhook behind `after`, the oldest first. */
export async function listDeadLetters(
  db: Database,
  webhookId: string,
  after: number,
  limit: number,
): Promise<DeadLetter[]> {
  const rows = await db
    .selectFrom('dead_letters')
    .selectAll()
    .where('webhook_id', '=', webhookId)
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(({ id, seq, type, payload, reason, attempts, created_at, redrive_at }) => ({
    id,
    seq,
    type,
    payload,
    reason,
    attempts,
    createdAt: created_at,
    isRedriving: redrive_at !== null,
  }));
}

/** Has them tried once more: those named, or all, and the next event with them. Gives how many. */
export async function redrive(
  db: Database,
  webhookId: string,
  ids: readonly number[] | undefined,
  now: number,
): Promise<number> {
  let query = db
    .updateTable('dead_letters')
    .set({ redrive_at: now })
    .where('webhook_id', '=', webhookId)
    .where('redrive_at', 'is', null);
  if (ids !== undefined) query = query.where('id', 'in', [...ids]);
  const { numUpdatedRows } = await query.executeTakeFirst();
  await db.updateTable('webhooks').set({ next_try_at: 0 }).where('id', '=', webhookId).execute();
  return Number(numUpdatedRows);
}

/** Removes them: the one named, or all. Gives how many. */
export async function removeDeadLetters(
  db: Database,
  webhookId: string,
  id: number | undefined,
): Promise<number> {
  let query = db.deleteFrom('dead_letters').where('webhook_id', '=', webhookId);
  if (id !== undefined) query = query.where('id', '=', id);
  return Number((await query.executeTakeFirst()).numDeletedRows);
}

export async function nextToRedrive(
  db: Database,
  webhookId: string,
): Promise<{ id: number; payload: string } | undefined> {
  return db
    .selectFrom('dead_letters')
    .select(['id', 'payload'])
    .where('webhook_id', '=', webhookId)
    .where('redrive_at', 'is not', null)
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
}

/** It was delivered. */
export async function redriven(db: Database, id: number): Promise<void> {
  await db.deleteFrom('dead_letters').where('id', '=', id).execute();
}

/** It failed again: the one named, or all that were to be tried. */
export async function restAgain(
  db: Database,
  webhookId: string,
  id: number | undefined,
  reason: string,
): Promise<void> {
  let query = db
    .updateTable('dead_letters')
    .set({ redrive_at: null, reason, attempts: sql`attempts + 1` })
    .where('webhook_id', '=', webhookId)
    .where('redrive_at', 'is not', null);
  if (id !== undefined) query = query.where('id', '=', id);
  await query.execute();
}
