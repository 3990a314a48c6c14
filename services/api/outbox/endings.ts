import type { Selectable } from 'kysely';
import type { ErrorCode } from '../../contract/errors.ts';
import type { OutboxEvent } from '../../contract/events.ts';
import {
  MESSAGE_STATES,
  type MessageState,
  statesBefore,
  type UnsentEnd,
} from '../../contract/message-states.ts';
import { appendEvents, lockLog } from '../events/log-writer.ts';
import { personBehind, viewChat } from '../people/recipients.ts';
import type { Database, DialectName } from '../store/store.ts';
import type { Tables } from '../store/tables.ts';
import type { Message } from './message.ts';

/** The fields of a message that its end needs. */
export type Ending = Pick<Message, 'seq' | 'id' | 'session' | 'account' | 'chatId' | 'chatKey'>;

/** Why a message has ended: where the reason says no more, the table of states has the text. */
export interface EndReason {
  readonly state: UnsentEnd;
  readonly code: ErrorCode;
  readonly reason: string;
}

/** The message was not sent before its `expires_at`. */
export const EXPIRED = endOf('expired');
/** A client canceled the message before it was sent. */
export const CANCELED = endOf('canceled');

/** What the end of a row needs. */
export function toEnding(row: Selectable<Tables['messages']>): Ending {
  const { seq, id, session, account, chat_id: chatId, chat_key } = row;
  return { seq, id, session, account: account ?? undefined, chatId, chatKey: chat_key ?? undefined };
}

/** Whether a client has asked to cancel the message. */
export async function isCancelWanted(db: Database, { seq }: Pick<Message, 'seq'>): Promise<boolean> {
  const row = await db.selectFrom('messages').select('cancel_at').where('seq', '=', seq).executeTakeFirst();
  return row !== undefined && row.cancel_at !== null;
}

/** Ends a message that was certainly not sent and that a client asked to cancel, unless its state has changed. */
export function endCanceled(
  db: Database,
  dialect: DialectName,
  message: Ending & Pick<Message, 'state'>,
  now: number,
): Promise<boolean> {
  return giveUp(db, dialect, message, CANCELED, now, message.state);
}

/** Ends a message whose outcome is unknown. A later acknowledgement corrects the status. */
export function endUnknown(
  db: Database,
  dialect: DialectName,
  message: Ending,
  reason: string | undefined,
  now: number,
): Promise<boolean> {
  const text = `it may have been sent, and at its expires_at that was still not known${reason === undefined ? '' : ` (${reason})`}; look at the chat on the phone, and send it again, as a new message, only if it is not there; a late acknowledgement corrects this status`;
  return giveUp(db, dialect, message, { state: 'failed', code: 'outcome_unknown', reason: text }, now);
}

/**
 * Ends a message without a sent state, deletes its medium and appends one event. Returns false, and changes nothing, when
 * no end of this kind may follow the state of the message, or `from` is given and the state has changed.
 */
export async function giveUp(
  db: Database,
  dialect: DialectName,
  message: Ending,
  end: EndReason,
  now: number,
  from?: MessageState,
): Promise<boolean> {
  await lockLog(db, dialect);
  const { state, code, reason } = end;
  const earlier = statesBefore(state).filter((name) => from === undefined || name === from);
  if (earlier.length === 0) return false;
  const ended = await db
    .updateTable('messages')
    .set({ state, error_code: code, reason, ended_at: now })
    .where('seq', '=', message.seq)
    .where('state', 'in', earlier)
    .executeTakeFirst();
  if (ended.numUpdatedRows === 0n) return false;
  await db.deleteFrom('media').where('message_id', '=', message.id).execute();
  await appendEvents(db, dialect, [await failureEvent(db, message, end, now)], now);
  return true;
}

/** What the event log says of an accepted message that did not go out. */
export async function failureEvent(
  db: Database,
  { id, session, account, chatId, chatKey }: Ending,
  { state, code, reason }: EndReason,
  now: number,
): Promise<OutboxEvent> {
  const chat = viewChat(chatId, await personBehind(db, chatKey));
  return {
    session,
    key: `message_failed:${id}`,
    at: new Date(now).toISOString(),
    ...(account === undefined ? {} : { account }),
    kind: 'message_failed',
    data: { id, ...chat, status: state, code, reason },
  };
}

/** An end for which the table of states has the code and the text. */
function endOf(state: UnsentEnd): EndReason {
  const { send, text = state } = MESSAGE_STATES[state];
  if (!('code' in send)) throw new Error(`${state} is no end without an acknowledgement`);
  return { state, code: send.code, reason: text };
}
