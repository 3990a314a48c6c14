import type { Selectable } from 'kysely';
import { z } from 'zod';
import type { MessageContent } from '../../contract/content.ts';
import { type ErrorCode, isErrorCode } from '../../contract/errors.ts';
import { isInDoubt, type MessageState, STATE_NAMES } from '../../contract/message-states.ts';
import type { Tables } from '../store/tables.ts';
import { readContent } from './stored-content.ts';

const stateSchema = z.enum(STATE_NAMES);
/** The kinds that do something to another message. */
const ACTIONS: readonly string[] = ['reaction', 'edit', 'delete'];

export interface Message {
  readonly seq: number;
  readonly id: string;
  readonly session: string;
  /** The account that it belongs to; undefined until one is linked. */
  readonly account: string | undefined;
  /** As it was asked for. */
  readonly chatId: string;
  /** See `people/chat-key.ts`; undefined until it is known who the number belongs to. */
  readonly chatKey: string | undefined;
  readonly kind: string;
  /** Undefined when this release cannot read it: another one stored it. */
  readonly content: MessageContent | undefined;
  readonly state: MessageState;
  readonly reason: string | undefined;
  readonly errorCode: ErrorCode | undefined;
  readonly attempts: number;
  readonly acceptedAt: number;
  readonly sendAt: number | undefined;
  readonly expiresAt: number;
  readonly nextTryAt: number;
  readonly dispatchedAt: number | undefined;
  readonly sentAt: number | undefined;
  readonly deliveredAt: number | undefined;
  readonly readAt: number | undefined;
  readonly playedAt: number | undefined;
  readonly endedAt: number | undefined;
  /** When somebody asked to cancel it, although it may have been sent. */
  readonly cancelAt: number | undefined;
  readonly whatsappId: string | undefined;
}

/** A row of the table as a message. */
export function toMessage(row: Selectable<Tables['messages']>): Message {
  return {
    seq: row.seq,
    id: row.id,
    session: row.session,
    account: row.account ?? undefined,
    chatId: row.chat_id,
    chatKey: row.chat_key ?? undefined,
    kind: row.kind,
    content: readContent(row),
    state: stateSchema.parse(row.state),
    reason: row.reason ?? undefined,
    errorCode: isErrorCode(row.error_code) ? row.error_code : undefined,
    attempts: row.attempts,
    acceptedAt: row.accepted_at,
    sendAt: row.send_at ?? undefined,
    expiresAt: row.expires_at,
    nextTryAt: row.next_try_at,
    dispatchedAt: row.dispatched_at ?? undefined,
    sentAt: row.sent_at ?? undefined,
    deliveredAt: row.delivered_at ?? undefined,
    readAt: row.read_at ?? undefined,
    playedAt: row.played_at ?? undefined,
    endedAt: row.ended_at ?? undefined,
    cancelAt: row.cancel_at ?? undefined,
    whatsappId: row.whatsapp_id ?? undefined,
  };
}

/** What the queue of the message goes by. `messages_open_by_key` says the same. */
export function queueOf({ chatKey, chatId }: Pick<Message, 'chatKey' | 'chatId'>): string {
  return chatKey ?? chatId;
}

/** Whether an attempt at this message only looks for it: it may have been sent, and nobody wants it sent any more. */
export function onlyLooksFor({ state, expiresAt, cancelAt }: Message, now: number): boolean {
  return isInDoubt(state) && (expiresAt <= now || cancelAt !== undefined);
}

/** Whether a message of this kind does something to another message. */
export function isAction(kind: string): boolean {
  return ACTIONS.includes(kind);
}
