import { randomBytes } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';
import { KitError } from '../../contract/errors.ts';
import { EVENT_TYPES } from '../../contract/events.ts';
import type { Database } from '../store/store.ts';
import { readWebhook } from './delivery-state.ts';
import { firstSecret, parseSecrets, rotate } from './secrets.ts';
import { toWebhook, type Webhook } from './webhook.ts';
import type { Change, Creation } from './webhook-bodies.ts';

/** A webhook with what only a look at other tables tells. */
export interface WebhookView extends Webhook {
  /** Events that wait for it; `MOST_LAG` is that many or more. */
  readonly lag: number;
  readonly deadLetters: number;
}

export const MOST_LAG = 10_000;

/** Throws KitError `webhook_limit`, or `body_invalid` when it is to begin behind the end of the log. */
export async function createWebhook(
  db: Database,
  { url, types, after }: Creation,
  secret: string,
  most: number,
  now: number,
): Promise<Webhook> {
  const { count, newest } = await db
    .selectNoFrom([
      sql<number>`(select count(*) from webhooks)`.as('count'),
      sql<number>`coalesce((select max(seq) from events), 0)`.as('newest'),
    ])
    .executeTakeFirstOrThrow();
  if (Number(count) >= most)
    throw new KitError('webhook_limit', `there are ${count} webhooks, and WEBHOOKS_MOST is ${most}`);
  if (after !== undefined && after > newest)
    throw new KitError('body_invalid', `after: is behind the end of the log, ${newest}`, {
      fields: [{ field: 'after', message: `is behind the end of the log, ${newest}` }],
    });
  const row = await db
    .insertInto('webhooks')
    .values({
      id: `wh_${randomBytes(9).toString('hex')}`,
      url: url.href,
      types: toTypes(types ?? null),
      secrets: JSON.stringify(firstSecret(secret)),
      status: 'active',
      reason: null,
      created_at: now,
      cursor: after ?? newest,
      attempts: 0,
      first_tried_at: null,
      next_try_at: 0,
      last_error: null,
      delivered_at: null,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toWebhook(row);
}

/** Throws KitError `not_found`. A new URL, or being resumed, begins the attempts anew. */
export async function changeWebhook(
  db: Database,
  id: string,
  { url, types, status }: Change,
): Promise<Webhook> {
  const isFresh = url !== undefined || status === 'active';
  const changes = {
    ...(url === undefined ? {} : { url: url.href }),
    ...(types === undefined ? {} : { types: toTypes(types) }),
    ...(status === undefined ? {} : { status, reason: null }),
    ...(isFresh ? { attempts: 0, first_tried_at: null, next_try_at: 0, last_error: null } : {}),
  };
  if (Object.keys(changes).length > 0)
    await db.updateTable('webhooks').set(changes).where('id', '=', id).execute();
  return findWebhook(db, id);
}

/** Throws KitError `not_found`. */
export async function rotateSecret(db: Database, id: string, fresh: string, now: number): Promise<void> {
  const { secrets } = await db
    .selectFrom('webhooks')
    .select('secrets')
    .where('id', '=', id)
    .executeTakeFirstOrThrow(() => unknown(id));
  const { numUpdatedRows } = await db
    .updateTable('webhooks')
    .set({ secrets: JSON.stringify(rotate(parseSecrets(secrets), fresh, now)) })
    .where('id', '=', id)
    .where('secrets', '=', secrets)
    .executeTakeFirst();
  // Somebody else has just done the same: a secret that was answered must sign.
  if (numUpdatedRows === 0n) await rotateSecret(db, id, fresh, now);
}

/** With its dead letters. Throws KitError `not_found`. */
export async function removeWebhook(db: Database, id: string): Promise<void> {
  const { numDeletedRows } = await db.deleteFrom('webhooks').where('id', '=', id).executeTakeFirst();
  if (numDeletedRows === 0n) throw unknown(id);
  await db.deleteFrom('dead_letters').where('webhook_id', '=', id).execute();
}

/** Throws KitError `not_found`. */
export async function findWebhook(db: Database, id: string): Promise<Webhook> {
  const webhook = await readWebhook(db, id);
  if (webhook === undefined) throw unknown(id);
  return webhook;
}

/** The oldest first. */
export async function listWebhooks(db: Database): Promise<Webhook[]> {
  const rows = await db.selectFrom('webhooks').selectAll().orderBy('created_at').orderBy('id').execute();
  return rows.map(toWebhook);
}

/** `cursor`: how far it really is, where the row does not know yet. */
export async function viewWebhook(db: Database, webhook: Webhook, cursor: number): Promise<WebhookView> {
  const reached = Math.max(webhook.cursor, cursor);
  const { lag, letters } = await db
    .selectNoFrom([
      sql<number>`(select count(*) from (${waitingFor(webhook.types ?? EVENT_TYPES, reached)}) as waiting)`.as(
        'lag',
      ),
      sql<number>`(select count(*) from dead_letters where webhook_id = ${webhook.id})`.as('letters'),
    ])
    .executeTakeFirstOrThrow();
  return { ...webhook, cursor: reached, lag: Number(lag), deadLetters: Number(letters) };
}

/** By type, each from the index: a filter over all events would read them all where few are wanted. */
function waitingFor(types: readonly string[], after: number): RawBuilder<unknown> {
  const each = types.map(
    (type) => sql`select seq from (select seq from events
      where type = ${type} and seq > ${after} limit ${MOST_LAG}) as of_type`,
  );
  return sql`select seq from (${sql.join(each, sql` union all `)}) as of_types limit ${MOST_LAG}`;
}

function toTypes(types: readonly string[] | null): string | null {
  return types === null || types.length === EVENT_TYPES.length ? null : JSON.stringify(types);
}

function unknown(id: string): KitError {
  return new KitError('not_found', `there is no webhook ${id}`);
}
