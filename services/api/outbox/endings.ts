import type { ErrorCode } from '../../contract/errors.ts';
import type { OutboxEvent } from '../../contract/events.ts';
import { appendEvents, lockLog } from '../events/log-writer.ts';
import type { DialectName } from '../store/migrations.ts';
import type { Database } from '../store/store.ts';
import { isSettled, MESSAGE_STATES, type Message, type MessageState } from './message.ts';

/** The fields of a message that its end needs. */
export type Ending = Pick<Message, 'seq' | 'id' | 'session' | 'chatId'>;

/** Why a canceled message has ended. */
export const CANCELED = 'it was canceled before it was sent';

const OPEN = MESSAGE_STATES.filter((state) => !isSettled(state));

/** Whether a client has asked to cancel the message. */
export async function isCancelWanted(db: Database, { seq }: Pick<Message, 'seq'>): Promise<boolean> {
  const row = await db.selectFrom('messages').select('cancel_at').where('seq', '=', seq).executeTakeFirst();
  return row !== undefined && row.cancel_at !== null;
}

/** Ends a message that was certainly not sent and that a client asked to cancel. */
export function endCanceled(
  db: Database,
  dialect: DialectName,
  message: Ending,
  from: 'queued' | 'sending',
  now: number,
): Promise<boolean> {
  return giveUp(db, dialect, message, 'canceled', 'message_canceled', CANCELED, now, [from]);
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
  return giveUp(db, dialect, message, 'failed', 'outcome_unknown', text, now);
}

/**
 * Ends a message without a sent state, deletes its medium and appends one event. Returns false, and changes nothing, when
 * the message is in none of the states `from`.
 */
export async function giveUp(
  db: Database,
  dialect: DialectName,
  message: Ending,
  status: 'failed' | 'expired' | 'canceled',
  code: ErrorCode,
  reason: string,
  now: number,
  from: readonly MessageState[] = OPEN,
): Promise<boolean> {
  await lockLog(db, dialect);
  const ended = await db
    .updateTable('messages')
    .set({ state: status, error_code: code, reason, ended_at: now })
    .where('seq', '=', message.seq)
    .where('state', 'in', from)
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
