import { createHash } from 'node:crypto';
import type { BridgeEvent, WhatsAppMessage } from '../../contract/events.ts';
import type { PageDataError } from '../page/data.ts';
import type { MessageIds } from '../page/ids.ts';

/** Something that WhatsApp told, read from the page. */
export type News =
  | { readonly kind: 'message' | 'message_sent' | 'revoked'; readonly message: WhatsAppMessage }
  | { readonly kind: 'ack'; readonly message: MessageIds; readonly ack: number }
  | {
      readonly kind: 'edited';
      readonly message: WhatsAppMessage;
      readonly previousBody: string | undefined;
      /** By WhatsApp, in Unix ms, if it says. */
      readonly editedAt: number | undefined;
    }
  | {
      readonly kind: 'reaction';
      readonly messageId: string;
      readonly sender: string;
      readonly reaction: string;
      readonly timestamp: number;
    }
  | {
      readonly kind: 'call';
      readonly callId: string;
      readonly from: string;
      readonly isVideo: boolean;
      readonly isGroup: boolean;
    }
  | { readonly kind: 'unreadable'; readonly error: PageDataError };

/** The event of a piece of news, with a key that every repetition of the same news has too. */
export function eventOf(session: string, news: Exclude<News, { kind: 'unreadable' }>): BridgeEvent {
  const head = { session, at: new Date().toISOString() };
  switch (news.kind) {
    case 'ack': {
      const { id, chat_id, stanza_id } = news.message;
      return {
        ...head,
        kind: 'ack',
        key: `ack:${id}:${news.ack}`,
        whatsapp_id: id,
        data: { chat_id, stanza_id, ack: news.ack },
      };
    }
    case 'edited': {
      const data = {
        ...news.message,
        ...(news.previousBody === undefined ? {} : { previous_body: news.previousBody }),
      };
      const { id, body } = news.message;
      const text = createHash('sha256').update(body).digest('hex').slice(0, 16);
      // An edit has no id of its own. Where WhatsApp names no time either, a text that comes back is one event.
      const key = `edited:${id}:${news.editedAt ?? ''}:${text}`;
      return { ...head, kind: 'edited', key, whatsapp_id: id, data };
    }
    case 'reaction': {
      const { messageId, sender, reaction, timestamp } = news;
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
      const { callId, from, isVideo, isGroup } = news;
      const data = { call_id: callId, from, is_video: isVideo, is_group: isGroup };
      return { ...head, kind: 'call', key: `call:${callId}`, data };
    }
    default: {
      const { kind, message } = news;
      return { ...head, kind, key: `${kind}:${message.id}`, whatsapp_id: message.id, data: message };
    }
  }
}
