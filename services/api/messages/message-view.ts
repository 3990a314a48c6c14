import type { MessageContent } from '../../contract/content.ts';
import { ERRORS, type ErrorCode } from '../../contract/errors.ts';
import { isFinal, MESSAGE_STATES } from '../../contract/message-states.ts';
import type { Message } from '../outbox/message.ts';
import type { PersonRow } from '../people/known-people.ts';
import { viewChat } from '../people/recipients.ts';
import { CANCELING, type SessionWaits, whyWaiting } from './outcome.ts';

/** A message as `GET /api/whatsapp/messages` shows it: what is not known is left out. `waits`: why none goes out. */
export function viewMessage(message: Message, person: PersonRow | undefined, waits: SessionWaits): object {
  const { state } = message;
  const isWaiting = !isFinal(state);
  return {
    id: message.id,
    message_id: message.whatsappId,
    ...viewChat(message.chatId, person),
    session: message.session,
    account: message.account,
    kind: message.kind,
    status: MESSAGE_STATES[state].status,
    reason: isWaiting ? whyOpen(message, waits) : message.reason,
    error: message.errorCode === undefined ? undefined : viewError(message.errorCode),
    attempts: message.attempts,
    accepted_at: toIso(message.acceptedAt),
    send_at: toIso(message.sendAt),
    expires_at: toIso(message.expiresAt),
    next_try_at: isWaiting && message.attempts > 0 ? toIso(message.nextTryAt || undefined) : undefined,
    dispatched_at: toIso(message.dispatchedAt),
    server_ack_at: toIso(message.sentAt),
    delivered_at: toIso(message.deliveredAt),
    read_at: toIso(message.readAt),
    played_at: toIso(message.playedAt),
    cancel_requested_at: toIso(message.cancelAt),
    ended_at: toIso(message.endedAt),
    ...(message.content === undefined ? {} : viewContent(message.content)),
  };
}

function whyOpen(message: Message, waits: SessionWaits): string {
  const reason = whyWaiting(message, waits);
  return message.cancelAt === undefined ? reason : `${CANCELING}: ${reason}`;
}

/** In the words of `POST /api/whatsapp/send`. */
function viewContent(content: MessageContent): object {
  switch (content.kind) {
    case 'text':
      return { message: content.text, reply_to: content.reply_to, mentions: content.mentions };
    case 'media': {
      const { caption, mimetype, filename, as_document, as_voice, reply_to, mentions } = content;
      return { message: caption, media: { mimetype, filename, as_document, as_voice }, reply_to, mentions };
    }
    case 'location': {
      const { kind: _kind, reply_to, mentions, ...location } = content;
      return { location, reply_to, mentions };
    }
    case 'contact': {
      const { name, phone_number, reply_to, mentions } = content;
      return { contact: { name, phone_number }, reply_to, mentions };
    }
    case 'reaction':
      return { target: content.target, emoji: content.emoji };
    case 'edit':
      return { target: content.target, message: content.text };
    case 'delete':
      return { target: content.target };
  }
}

function viewError(code: ErrorCode): object {
  const { title, remedy } = ERRORS[code];
  return { code, title, remedy };
}

function toIso(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
