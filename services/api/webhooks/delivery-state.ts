import type { UpdateResult } from 'kysely';
import type { Database } from '../store/store.ts';
import { toWebhook, type Webhook } from './webhook.ts';

export async function readActive(db: Database): Promise<Webhook[]> {
  const rows = await db.selectFrom('webhooks').selectAll().where('status', '=', 'active').execute();
  return rows.map(toWebhook);
}

export async function readWebhook(db: Database, id: string): Promise<Webhook | undefined> {
  const row = await db.selectFrom('webhooks').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? undefined : toWebhook(row);
}

/** Never backwards: another api may have been further. */
export async function saveCursor(
  db: Database,
  id: string,
  cursor: number,
  deliveredAt: number | undefined,
): Promise<void> {
  const delivered = deliveredAt === undefined ? {} : { delivered_at: deliveredAt, last_error: null };
  await db
    .updateTable('webhooks')
    .set({ cursor, attempts: 0, first_tried_at: null, next_try_at: 0, ...delivered })
    .where('id', '=', id)
    .where('cursor', '<', cursor)
    .execute();
}

export interface Failure {
  readonly cursor: number;
  readonly attempts: number;
  readonly firstTriedAt: number;
  readonly nextTryAt: number;
  readonly lastError: string;
  readonly deliveredAt: number | undefined;
}

/** Gives whether the row was still as the delivery knew it; if not, nothing is noted. So do those below. */
export async function noteFailure(db: Database, webhook: Webhook, failure: Failure): Promise<boolean> {
  return hasChanged(
    await unchanged(db, webhook)
      .set({
        cursor: failure.cursor,
        attempts: failure.attempts,
        first_tried_at: failure.firstTriedAt,
        next_try_at: failure.nextTryAt,
        last_error: failure.lastError,
        delivered_at: failure.deliveredAt ?? null,
      })
      .executeTakeFirst(),
  );
}

/** No more attempts until its owner resumes it. */
export async function disable(db: Database, webhook: Webhook, reason: string): Promise<boolean> {
  return hasChanged(
    await unchanged(db, webhook).set({ status: 'disabled', reason, last_error: reason }).executeTakeFirst(),
  );
}

/** An event that could not be delivered, as a dead letter keeps it. */
export interface DeadEvent {
  readonly seq: number;
  readonly type: string;
  readonly payload: string;
  readonly reason: string;
  readonly attempts: number;
}

/** The event becomes a dead letter, and the next one goes on. */
export async function moveToDeadLetters(
  db: Database,
  webhook: Webhook,
  { seq, type, payload, reason, attempts }: DeadEvent,
  now: number,
): Promise<boolean> {
  const moved = hasChanged(
    await unchanged(db, webhook)
      .set({ cursor: seq, attempts: 0, first_tried_at: null, next_try_at: 0, last_error: reason })
      .executeTakeFirst(),
  );
  if (moved)
    await db
      .insertInto('dead_letters')
      .values({ webhook_id: webhook.id, seq, type, payload, reason, attempts, created_at: now })
      .execute();
  return moved;
}

/** What a receiver did is noted only while it is still the receiver, and nobody has told the webhook to begin anew. */
function unchanged(db: Database, { id, url, attempts }: Webhook) {
  return db
    .updateTable('webhooks')
    .where('id', '=', id)
    .where('url', '=', url.href)
    .where('attempts', '=', attempts)
    .where('status', '!=', 'disabled');
}

function hasChanged({ numUpdatedRows }: UpdateResult): boolean {
  return numUpdatedRows > 0n;
}
