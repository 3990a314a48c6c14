import { type RawBuilder, sql } from 'kysely';
import { z } from 'zod';
import { type CapabilityState, capabilityStateSchema, kindsOf, obstacleFor } from '../../contract/compat.ts';
import type { LoggedEvent } from '../../contract/events.ts';
import { toStorableText } from '../events/storable-text.ts';
import type { Database } from '../store/store.ts';
import type { Message } from './message.ts';
import { stateIs } from './state-sql.ts';

/**
 * What the page of WhatsApp breaks, and the messages that are set aside for it. A message that is set aside keeps its
 * state and has the error code below: it is left out of the heads of the chats, so that the messages behind it go on.
 */
export const SET_ASIDE = 'page_incompatible';

/** Between these two stands the id of the message to which the held one refers. */
const REFERS_TO = [`${SET_ASIDE}: it refers to message `, ', which waits'] as const;

/** The count stops here. A higher number changes no decision. */
const MOST_COUNTED = 10_000;

const RELEASED = { error_code: null, reason: null, next_try_at: 0 } as const;

/** The text of an index, so SQLite takes it. */
const isSetAside = sql<boolean>`error_code = ${sql.lit(SET_ASIDE)}`;

const brokenSchema = z.array(capabilityStateSchema);

/** The capabilities that are broken, as far as the bridge has said. */
export async function readBroken(db: Database, session: string): Promise<readonly CapabilityState[]> {
  const fact = await db
    .selectFrom('facts')
    .select('value')
    .where('name', '=', factOf(session))
    .executeTakeFirst();
  if (fact === undefined) return [];
  // Of another release, in a form that this one cannot read: the bridge still refuses what it cannot do.
  return brokenSchema.safeParse(JSON.parse(fact.value)).data ?? [];
}

/** Notes what changed, and releases the messages that need nothing broken any more; returns their ids. */
export async function applyCompat(
  db: Database,
  { session, data }: Extract<LoggedEvent, { kind: 'compat' }>,
): Promise<string[]> {
  const { page_version: _version, ...row } = data;
  const others = (await readBroken(db, session)).filter(({ capability }) => capability !== row.capability);
  return replaceBroken(db, session, row.state === 'broken' ? [...others, row] : others);
}

/** Notes all that is broken, and releases the messages that need nothing of it; returns their ids. */
export async function replaceBroken(
  db: Database,
  session: string,
  broken: readonly CapabilityState[],
): Promise<string[]> {
  const name = factOf(session);
  if (broken.length === 0) await db.deleteFrom('facts').where('name', '=', name).execute();
  else {
    const value = JSON.stringify(broken);
    await db
      .insertInto('facts')
      .values({ name, value })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
      .execute();
  }
  const released = await db
    .updateTable('messages')
    .set(RELEASED)
    .where('session', '=', session)
    .where(stateIs.open)
    .where(isSetAside)
    .where(sql<boolean>`not ${needsAny(broken.flatMap(({ kinds }) => kinds))}`)
    .returning('id')
    .execute();
  return released.map(({ id }) => id);
}

/** Whether there are messages that are to be set aside and are not yet. */
export async function hasUnheld(
  db: Database,
  session: string,
  broken: readonly CapabilityState[],
): Promise<boolean> {
  const row = await db
    .selectFrom('messages')
    .select('seq')
    .where(
      isUnheld(
        session,
        broken.flatMap(({ kinds }) => kinds),
      ),
    )
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Sets aside the messages that certainly were not sent and need what is broken; returns their ids. */
export async function setAside(
  db: Database,
  session: string,
  broken: readonly CapabilityState[],
): Promise<string[]> {
  const held: string[] = [];
  for (const row of broken) {
    const rows = await db
      .updateTable('messages')
      .set({ error_code: SET_ASIDE, reason: reasonOf(row) })
      .where(isUnheld(session, row.kinds))
      .returning('id')
      .execute();
    held.push(...rows.map(({ id }) => id));
  }
  return held;
}

/** Sets one message aside that certainly was not sent. */
export async function setOneAside(db: Database, { seq }: Message, reason: string): Promise<void> {
  await db
    .updateTable('messages')
    .set({ error_code: SET_ASIDE, reason })
    .where('seq', '=', seq)
    .where(stateIs.unsent)
    .execute();
}

/**
 * Why a message that is about to go out for the first time must wait; undefined when it may go. It became unsent after
 * the last call of `setAside`, or it answers, edits, deletes or reacts to a message that waits.
 */
export async function whyFirstHeld(
  db: Database,
  message: Message,
  broken: readonly CapabilityState[],
): Promise<string | undefined> {
  if (broken.length === 0) return undefined;
  const reason = whyHeld(message, broken);
  if (reason !== undefined) return reason;
  const target = await targetSetAside(db, message);
  return target === undefined ? undefined : REFERS_TO.join(target);
}

/**
 * The messages that are held because they refer to one that no longer waits: it was sent, or it ended. They may be judged
 * again. A target that has ended refuses them, as it does when nothing was ever held.
 */
export async function readUnbound(db: Database, session: string): Promise<string[]> {
  const [before, after] = REFERS_TO;
  const target = sql`replace(replace(held.reason, ${before}, ''), ${after}, '')`;
  const rows = await db
    .selectFrom('messages as held')
    .select('held.id')
    .where('held.session', '=', session)
    .where(stateIs.open)
    .where(isSetAside)
    .where('held.reason', 'like', `${before}%`)
    .where(
      sql<boolean>`not exists (select 1 from (select id, error_code from messages where ${stateIs.open}) as waiting
        where waiting.id = ${target} and waiting.error_code = ${SET_ASIDE})`,
    )
    .execute();
  return rows.map(({ id }) => id);
}

/** Releases these messages, as far as they are still set aside. */
export async function release(db: Database, ids: readonly string[]): Promise<void> {
  await db
    .updateTable('messages')
    .set(RELEASED)
    .where('id', 'in', ids)
    .where(stateIs.open)
    .where(isSetAside)
    .execute();
}

async function targetSetAside(db: Database, { content }: Message): Promise<string | undefined> {
  if (content === undefined) return undefined;
  const target = 'target' in content ? content.target : content.reply_to;
  if (target === undefined) return undefined;
  const row = await db
    .selectFrom('messages')
    .select('id')
    .where('id', '=', target)
    // One that may have been sent, too: nobody knows yet whether there is something to refer to.
    .where(stateIs.open)
    .where(isSetAside)
    .executeTakeFirst();
  return row?.id;
}

/** Why this message cannot be sent by this page; undefined when it can. */
export function whyHeld({ content }: Message, broken: readonly CapabilityState[]): string | undefined {
  const row = content === undefined ? undefined : obstacleFor(kindsOf(content), broken);
  return row === undefined ? undefined : reasonOf(row);
}

/** How many messages are set aside. */
export async function countSetAside(db: Database, session: string): Promise<number> {
  const rows = db
    .selectFrom('messages')
    .select('seq')
    .where('session', '=', session)
    .where(stateIs.open)
    .where(isSetAside)
    .limit(MOST_COUNTED);
  const { count } = await db
    .selectFrom(rows.as('held'))
    .select(sql<number>`count(*)`.as('count'))
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Whether a row is to be passed over now: one that may have been sent is looked for from time to time. */
export function isPassedOver(now: number): RawBuilder<boolean> {
  return sql<boolean>`(coalesce(error_code, '') = ${SET_ASIDE} and (${stateIs.unsent} or next_try_at > ${now}))`;
}

function reasonOf({ capability, reason, kinds }: CapabilityState): string {
  const why = reason === undefined ? '' : ` (${reason})`;
  return toStorableText(
    `${SET_ASIDE}: this version of WhatsApp Web breaks ${capability}${why}; messages of the kind ${kinds.join(', ')} wait until it is restored`,
  );
}

function isUnheld(session: string, kinds: readonly string[]): RawBuilder<boolean> {
  return sql<boolean>`(session = ${session} and ${stateIs.open} and ${stateIs.unsent} and cancel_at is null
    and coalesce(error_code, '') <> ${SET_ASIDE} and ${needsAny(kinds)})`;
}

/** Whether a row of `messages` is of one of these kinds: the same as `kindsOf` says for its content. */
function needsAny(kinds: readonly string[]): RawBuilder<boolean> {
  if (kinds.length === 0) return sql<boolean>`(1 = 0)`;
  // JSON escapes the quotes of a text, so this is the name of a field.
  const isReply = kinds.includes('reply') ? sql` or content like '%"reply_to":%'` : sql``;
  return sql<boolean>`(kind in (${sql.join([...kinds])})${isReply})`;
}

function factOf(session: string): string {
  return `page_broken:${session}`;
}
