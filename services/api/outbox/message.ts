import type { Selectable } from 'kysely';
import { z } from 'zod';
import { type MessageContent, messageContentSchema } from '../../contract/content.ts';
import type { ErrorCode } from '../../contract/errors.ts';
import { isErrorCode } from '../../contract/errors.ts';
import type { Tables } from '../store/tables.ts';

/** What clients see of the states: to them, a message that waits for its time is queued. */
export const STATUSES = [
  'queued',
  'sending',
  'sent',
  'delivered',
  'read',
  'played',
  'failed',
  'expired',
  'canceled',
] as const;

/**
 * scheduled → queued → sending → sent → delivered → read → played, or failed, expired, canceled. `sending` is on disk
 * before the bridge is called: whatever is in it after a crash may have been sent. `queued` is certain: no attempt has
 * sent it. Both end by the clock, see `expiry.ts` and `overdue-sends.ts`.
 */
export const MESSAGE_STATES = ['scheduled', ...STATUSES] as const;
export type MessageState = (typeof MESSAGE_STATES)[number];
const stateSchema = z.enum(MESSAGE_STATES);

/** Whether WhatsApp's server has it. */
export function isSent(state: MessageState): boolean {
  return ['sent', 'delivered', 'read', 'played'].includes(state);
}

/** Whether nothing more will be tried. */
export function isSettled(state: MessageState): boolean {
  return !['scheduled', 'queued', 'sending'].includes(state);
}

export interface Message {
  readonly seq: number;
  readonly id: string;
  readonly session: string;
  readonly chatId: string;
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
    chatId: row.chat_id,
    kind: row.kind,
    content: messageContentSchema.safeParse(JSON.parse(row.content)).data,
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

/** Whether an attempt at this message only looks for it: it may have been sent, and nobody wants it sent any more. */
export function onlyLooksFor({ state, expiresAt, cancelAt }: Message, now: number): boolean {
  return state === 'sending' && (expiresAt <= now || cancelAt !== undefined);
}
