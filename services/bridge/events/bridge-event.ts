import { createHash } from 'node:crypto';
import type { BridgeEvent } from '../../contract/events.ts';
import type { InboundEvent } from '../page/inbound-events.ts';
import { personIn } from '../page/people/people.ts';

/**
 * Turns an inbound event into an event for the api, with a key that every repetition of the same event has too. `account` is
 * the id of the account of the page, if it is known.
 */
export function toBridgeEvent(
  session: string,
  inbound: Exclude<InboundEvent, { kind: 'unreadable' }>,
  account: string | undefined,
): BridgeEvent {
  const head = { session, at: new Date().toISOString(), ...(account === undefined ? {} : { account }) };
  switch (inbound.kind) {
    case 'ack': {
      const { id, chat_id, stanza_id, person = personIn(undefined, chat_id) } = inbound.message;
      return {
        ...head,
        kind: 'ack',
        key: `ack:${id}:${inbound.ack}`,
        whatsapp_id: id,
        data: { chat_id, stanza_id, ack: inbound.ack, ...(person === undefined ? {} : { person }) },
      };
    }
    case 'edited': {
      const data = {
        ...inbound.message,
        ...(inbound.previousBody === undefined ? {} : { previous_body: inbound.previousBody }),
      };
      const { id, body } = inbound.message;
      const text = createHash('sha256').update(body).digest('hex').slice(0, 16);
      // An edit has no id of its own. Where WhatsApp names no time either, a text that comes back is one event.
      const key = `edited:${id}:${inbound.editedAt ?? ''}:${text}`;
      return { ...head, kind: 'edited', key, whatsapp_id: id, data };
    }
    case 'reaction': {
      const { messageId, chatId, sender, reaction, timestamp, person, authorPerson } = inbound;
      const key = `reaction:${messageId}:${sender}:${timestamp}:${reaction}`;
      return {
        ...head,
        kind: 'reaction',
        key,
        whatsapp_id: messageId,
        data: {
          chat_id: chatId,
          sender,
          reaction,
          timestamp,
          ...(person === undefined ? {} : { person }),
          ...(authorPerson === undefined ? {} : { author_person: authorPerson }),
        },
      };
    }
    case 'call': {
      const { callId, from, isVideo, isGroup, person } = inbound;
      const caller = person === undefined ? {} : { person };
      const data = { call_id: callId, from, is_video: isVideo, is_group: isGroup, ...caller };
      return { ...head, kind: 'call', key: `call:${callId}`, data };
    }
    default: {
      const { kind, message } = inbound;
      return { ...head, kind, key: `${kind}:${message.id}`, whatsapp_id: message.id, data: message };
    }
  }
}
