import { sql } from 'kysely';
import type { ErrorCode } from '../../contract/errors.ts';
import type { LoggedEvent, OutboxEvent } from '../../contract/events.ts';
import { appendEvents, lockLog } from '../events/log-writer.ts';
import type { DialectName } from '../store/migrations.ts';
import { isOpen, isScheduled } from '../store/migrations.ts';
import type { Database } from '../store/store.ts';
import type { Message } from './message.ts';

/** What an acknowledgement makes of a message, by its number: 1 server, 2 delivered, 3 read, 4 played. */
const ACKS = [
  undefined,
  { state: 'sent', column: 'sent_at' },
  { state: 'delivered', column: 'delivered_at' },
  { state: 'read', column: 'read_at' },
  { state: 'played', column: 'played_at' },
] as const;

/** A message as far as WhatsApp's word for it matters: which one, under what id, and how far it has come. */
export interface Acknowledgement {
  readonly id: string;
  /** Undefined for what is no message of its own at WhatsApp: a reaction, an edit, a deletion. */
  readonly whatsappId: string | undefined;
  readonly ack: number;
  /** The bridge's own answer: after a refusal the message may have gone out under another id than the one noted. */
  readonly isAnswer?: boolean;
}

/**
 * What new events say of messages in the outbox and of the people written with, applied. Gives the ids of the messages
 * that changed. An ack never takes a message back, and one that comes late corrects what was given up.
 */
export async function applyEvents(
  db: Database,
  events: readonly LoggedEvent[],
  now: number,
): Promise<string[]> {
  const changed = new Set<string>();
  const note = (id: string | undefined) => {
    if (id !== undefined) changed.add(id);
  };
  for (const event of events) {
    if (event.kind === 'ack') {
      const { stanza_id: id, ack } = event.data;
      note(await acknowledge(db, { id, whatsappId: event.whatsapp_id, ack }, now));
    } else if (event.kind === 'message_sent') {
      const { stanza_id: id, ack, id: whatsappId, chat_id: chatId } = event.data;
      note(await acknowledge(db, { id, whatsappId, ack }, now));
      await noteContact(db, event.session, chatId, 'first_sent_at', now);
    } else if (event.kind === 'message') {
      await noteContact(db, event.session, event.data.chat_id, 'first_received_at', now);
    }
  }
  return [...changed];
}

/** Notes an acknowledgement; gives the id of the message in the outbox that it changed, if any. */
export async function acknowledge(
  db: Database,
  { id, whatsappId, ack, isAnswer = false }: Acknowledgement,
  now: number,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('messages')
    .select(['seq', 'id', 'state', 'whatsapp_id', 'sent_at'])
    .where((where) =>
      // Under an id of WhatsApp's own where the page did not take ours.
      whatsappId === undefined
        ? where('id', '=', id)
        : where.or([where('id', '=', id), where('whatsapp_id', '=', whatsappId)]),
    )
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const mayLearn = row.whatsapp_id === null || (isAnswer && row.whatsapp_id !== whatsappId);
  const learned = mayLearn && whatsappId !== undefined ? { whatsapp_id: whatsappId } : {};
  const step = ACKS[Math.min(ack, ACKS.length - 1)];
  const isNews =
    step !== undefined && ack > rankOf(row.state) && row.state !== 'canceled' && row.state !== 'scheduled';
  if (!isNews && Object.keys(learned).length === 0) return undefined;
  await db
    .updateTable('messages')
    .set({
      ...learned,
      ...(isNews
        ? {
            state: step.state,
            reason: null,
            error_code: null,
            ended_at: null,
            sent_at: row.sent_at ?? now,
            [step.column]: step.column === 'sent_at' ? (row.sent_at ?? now) : now,
          }
        : {}),
    })
    .where('seq', '=', row.seq)
    .execute();
  if (isNews) await db.deleteFrom('media').where('message_id', '=', row.id).execute();
  return row.id;
}

/** Before the bridge is called: from here on the message may have been sent. False when somebody was faster. */
export async function beginAttempt(db: Database, message: Message, now: number): Promise<boolean> {
  const begun = await db
    .updateTable('messages')
    .set({
      state: 'sending',
      attempts: message.attempts + 1,
      dispatched_at: message.dispatchedAt ?? now,
    })
    .where('seq', '=', message.seq)
    .where('state', '=', message.state)
    .where('attempts', '=', message.attempts)
    .executeTakeFirst();
  return begun.numUpdatedRows > 0;
}

/** The message waits: `queued` when it certainly was not sent, `sending` when that is not known. */
export async function postpone(
  db: Database,
  id: string,
  state: 'queued' | 'sending',
  reason: string,
  nextTryAt: number,
): Promise<void> {
  await db
    .updateTable('messages')
    .set({ state, reason, next_try_at: nextTryAt })
    .where('id', '=', id)
    .where(isOpen)
    .execute();
}

/** The message will not be sent: it is marked so, and the event log says it. Gives whether it still could be. */
export async function giveUp(
  db: Database,
  dialect: DialectName,
  message: Message,
  status: 'failed' | 'expired',
  code: ErrorCode,
  reason: string,
  now: number,
): Promise<boolean> {
  await lockLog(db, dialect);
  const ended = await db
    .updateTable('messages')
    .set({ state: status, error_code: code, reason, ended_at: now })
    .where('seq', '=', message.seq)
    .where(sql<boolean>`state in ('scheduled', 'queued', 'sending')`)
    .executeTakeFirst();
  if (ended.numUpdatedRows === 0n) return false;
  await db.deleteFrom('media').where('message_id', '=', message.id).execute();
  await appendEvents(db, dialect, [failureEvent(message, status, now, reason, code)], now);
  return true;
}

/** What the event log says of an accepted message that did not go out. */
export function failureEvent(
  message: Pick<Message, 'id' | 'session' | 'chatId'>,
  status: OutboxEvent['data']['status'],
  now: number,
  reason?: string,
  code?: ErrorCode,
): OutboxEvent {
  const { id, session, chatId } = message;
  return {
    session,
    key: `message_failed:${id}`,
    at: new Date(now).toISOString(),
    kind: 'message_failed',
    data: {
      id,
      chat_id: chatId,
      status,
      ...(code === undefined ? {} : { code }),
      ...(reason === undefined ? {} : { reason }),
    },
  };
}

/** Scheduled messages whose time has come take their place in the queue of their chat. */
export async function releaseScheduled(db: Database, now: number): Promise<number> {
  const released = await db
    .updateTable('messages')
    .set({ state: 'queued' })
    .where(isScheduled)
    .where('send_at', '<=', now)
    .executeTakeFirst();
  return Number(released.numUpdatedRows);
}

/** Lets everything that waits for a moment be looked at anew: at the start, and when the clock has been set back. */
export async function forgetMoments(db: Database, session: string): Promise<void> {
  await db
    .updateTable('messages')
    .set({ next_try_at: 0 })
    .where('session', '=', session)
    .where(isOpen)
    .where('next_try_at', '>', 0)
    .execute();
}

/** Remembers since when there have been messages with a chat. */
export async function noteContact(
  db: Database,
  session: string,
  chatId: string,
  column: 'first_sent_at' | 'first_received_at',
  now: number,
): Promise<void> {
  await db
    .insertInto('contacts')
    .values({ session, chat_id: chatId, first_sent_at: null, first_received_at: null, [column]: now })
    .onConflict((conflict) =>
      conflict.columns(['session', 'chat_id']).doUpdateSet({
        [column]: sql`coalesce(contacts.${sql.ref(column)}, excluded.${sql.ref(column)})`,
      }),
    )
    .execute();
}

/** A first contact that was noted at this moment and did not come about. */
export async function forgetContact(
  db: Database,
  { session, chatId }: Pick<Message, 'session' | 'chatId'>,
  notedAt: number,
): Promise<void> {
  await db
    .deleteFrom('contacts')
    .where('session', '=', session)
    .where('chat_id', '=', chatId)
    .where('first_sent_at', '=', notedAt)
    .where('first_received_at', 'is', null)
    .execute();
}

function rankOf(state: string): number {
  return Math.max(
    0,
    ACKS.findIndex((step) => step?.state === state),
  );
}
