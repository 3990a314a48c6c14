import { createHash } from 'node:crypto';
import type { BridgeEvent } from '../../contract/events.ts';
import type { InboundEvent } from '../page/inbound-events.ts';

/** Turns an inbound event into an event for the api, with a key that every repetition of the same event has too. */
export function toBridgeEvent(
  session: string,
  inbound: Exclude<InboundEvent, { kind: 'unreadable' }>,
): BridgeEvent {
  const head = { session, at: new Date().toISOString() };
  switch (inbound.kind) {
    case 'ack': {
      const { id, chat_id, stanza_id } = inbound.message;
      return {
        ...head,
        kind: 'ack',
        key: `ack:${id}:${inbound.ack}`,
        whatsapp_id: id,
        data: { chat_id, stanza_id, ack: inbound.ack },
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
      const { messageId, sender, reaction, timestamp } = inbound;
      const key = `reaction:${messageId}:${sender}:${timestamp}:${reaction}`;
      return {
        ...head,
        kind: 'reaction',
        key,
        whatsapp_id: messageId,
        data: { sender, reaction, timestamp },
      };
    }
    case 'call': {
      const { callId, from, isVideo, isGroup } = inbound;
      const data = { call_id: callId, from, is_video: isVideo, is_group: isGroup };
      return { ...head, kind: 'call', key: `call:${callId}`, data };
    }
    default: {
      const { kind, message } = inbound;
      return { ...head, kind, key: `${kind}:${message.id}`, whatsapp_id: message.id, data: message };
    }
  }
}
