import { type RawBuilder, sql } from 'kysely';
import type { ErrorCode } from '../../contract/errors.ts';
import type { LoggedEvent } from '../../contract/events.ts';
import { isSent, MESSAGE_STATES, STATE_NAMES, statesWhere } from '../../contract/message-states.ts';
import type { Database } from '../store/store.ts';
import { isFirst } from './heads/ahead.ts';
import { type Message, queueOf } from './message.ts';
import { applyCompat } from './page-compat.ts';
import { stateIs } from './state-sql.ts';

/** Where each acknowledgement is noted, in the order of the numbers: 1 server, 2 delivered, 3 read, 4 played. */
const ACKNOWLEDGED = statesWhere(isSent).map((state) => ({ state, column: `${state}_at` }));
const UNKNOWN = { ack: 0, takesAck: 'always' } as const;

/** A message as far as WhatsApp's word for it matters: which one, under what id, and how far it has come. */
export interface Acknowledgement {
  readonly id: string;
  /** Undefined for what is no message of its own at WhatsApp: a reaction, an edit, a deletion. */
  readonly whatsappId: string | undefined;
  /** As `whatsappId`, with other addresses of the same chat. */
  readonly whatsappIds?: readonly string[];
  readonly ack: number;
  /** The bridge's own answer: after a refusal the message may have gone out under another id than the one noted. */
  readonly isAnswer?: boolean;
}

/**
 * What new events say of messages in the outbox, applied. Gives the ids of the messages
 * that changed. An ack never takes a message back, and one that comes late corrects what was given up. `idsOf`: the ids that
 * the message of an event may have at WhatsApp beside the one that the event names.
 */
export async function applyEvents(
  db: Database,
  events: readonly LoggedEvent[],
  now: number,
  idsOf: (event: LoggedEvent) => readonly string[] = () => [],
): Promise<string[]> {
  const changed = new Set<string>();
  const note = (id: string | undefined) => {
    if (id !== undefined) changed.add(id);
  };
  for (const event of events) {
    const whatsappIds = idsOf(event);
    if (event.kind === 'ack') {
      const { stanza_id: id, ack } = event.data;
      note(await acknowledge(db, { id, whatsappId: event.whatsapp_id, whatsappIds, ack }, now));
    } else if (event.kind === 'message_sent') {
      const { stanza_id: id, ack, id: whatsappId } = event.data;
      note(await acknowledge(db, { id, whatsappId, whatsappIds, ack }, now));
    } else if (event.kind === 'compat') {
      for (const id of await applyCompat(db, event)) note(id);
    }
  }
  return [...changed];
}

/** Notes an acknowledgement; gives the id of the message in the outbox that it changed, if any. */
export async function acknowledge(
  db: Database,
  { id, whatsappId, whatsappIds = [], ack, isAnswer = false }: Acknowledgement,
  now: number,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('messages')
    .select(['seq', 'id', 'state', 'whatsapp_id', 'sent_at', 'dispatched_at'])
    .where((where) =>
      // Under an id of WhatsApp's own where the page did not take ours.
      whatsappId === undefined
        ? where('id', '=', id)
        : where.or([where('id', '=', id), where('whatsapp_id', 'in', [whatsappId, ...whatsappIds])]),
    )
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const mayLearn = row.whatsapp_id === null || (isAnswer && row.whatsapp_id !== whatsappId);
  const learned = mayLearn && whatsappId !== undefined ? { whatsapp_id: whatsappId } : {};
  const step = ACKNOWLEDGED[Math.min(ack, ACKNOWLEDGED.length) - 1];
  const known = STATE_NAMES.find((state) => state === row.state);
  // A state that this release does not know was stored by a later one; an acknowledgement still counts.
  const { ack: rank, takesAck } = known === undefined ? UNKNOWN : MESSAGE_STATES[known];
  // A message without an attempt cannot be at WhatsApp: the acknowledgement belongs to another message.
  const isTaken = takesAck === 'always' || (takesAck === 'after an attempt' && row.dispatched_at !== null);
  const isNews = step !== undefined && ack > rank && isTaken;
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

/**
 * Marks the message before the bridge is called: from here on it may have been sent. Returns it with a cancel that came
 * meanwhile; undefined when another process was faster, the message was canceled, its person was merged with another, or
 * an earlier message turned out to be for the same person.
 */
export async function beginAttempt(
  db: Database,
  message: Message,
  now: number,
  account = message.account ?? '',
): Promise<Message | undefined> {
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
    .where('chat_key', message.chatKey === undefined ? 'is' : '=', message.chatKey ?? null)
    .where(sql<boolean>`(${stateIs.inDoubt} or ${isFirstOfQueue(message, account, now)})`)
    .where(sql<boolean>`(${stateIs.inDoubt} or cancel_at is null)`)
    .returning('cancel_at')
    .executeTakeFirst();
  return begun === undefined ? undefined : { ...message, cancelAt: begun.cancel_at ?? undefined };
}

/** A message that waits in `queued` waits until its pace lets it go. */
export async function park(db: Database, id: string, reason: string, nextTryAt: number): Promise<void> {
  await db
    .updateTable('messages')
    .set({ reason, next_try_at: nextTryAt })
    .where('id', '=', id)
    .where(stateIs.unsent)
    .execute();
}

/** Messages that wait are looked at now. */
export async function unpark(db: Database, ids: readonly string[]): Promise<void> {
  await db
    .updateTable('messages')
    .set({ next_try_at: 0, reason: null })
    .where('id', 'in', ids)
    .where(stateIs.unsent)
    .execute();
}

/** The message stays in `sending` and waits: it may have been sent. `errorCode`: why it waits. */
export async function postpone(
  db: Database,
  id: string,
  reason: string,
  nextTryAt: number,
  errorCode?: ErrorCode,
): Promise<void> {
  await db
    .updateTable('messages')
    .set({ reason, next_try_at: nextTryAt, ...(errorCode === undefined ? {} : { error_code: errorCode }) })
    .where('id', '=', id)
    .where(stateIs.inDoubt)
    .execute();
}

/**
 * The message goes back to `queued`: its only attempt certainly sent nothing. Returns whether a cancel came meanwhile.
 * Changes nothing when another process has begun a further attempt, because then the outcome of that one counts.
 */
export async function requeue(
  db: Database,
  { id, attempts }: Pick<Message, 'id' | 'attempts'>,
  reason: string,
  nextTryAt: number,
): Promise<{ readonly isCancelWanted: boolean }> {
  const row = await db
    .updateTable('messages')
    .set({ state: 'queued', reason, next_try_at: nextTryAt })
    .where('id', '=', id)
    .where(stateIs.inDoubt)
    .where('attempts', '=', attempts + 1)
    .returning('cancel_at')
    .executeTakeFirst();
  return { isCancelWanted: row !== undefined && row.cancel_at !== null };
}

/** Scheduled messages whose time has come take their place in the queue of their chat. */
export async function releaseScheduled(db: Database, now: number): Promise<number> {
  const released = await db
    .updateTable('messages')
    .set({ state: 'queued' })
    .where(stateIs.scheduled)
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
    .where(stateIs.open)
    .where('next_try_at', '>', 0)
    .execute();
}

/** Whether no message goes before this one in its queue: who an earlier one is for may have become known just now. */
export function isFirstOfQueue(message: Message, account: string, now: number): RawBuilder<boolean> {
  return isFirst(
    { account: sql`${account}`, now: sql`${now}`, isHeld: true },
    {
      session: sql`cast(${message.session} as text)`,
      queue: sql`cast(${queueOf(message)} as text)`,
      seq: sql`${message.seq}`,
    },
  );
}
