import type { WireChat, WireMessage } from '../web/wire.ts';
import type { Phone } from './phone.ts';

export interface HistoryRequest {
  readonly count: number;
  readonly chat_id?: string | undefined;
  /** Seconds since 1970: nothing later is wanted. */
  readonly before?: number | null | undefined;
  /** Ids that the page has already. */
  readonly held?: readonly string[] | undefined;
}

/** The latest messages that a page has shown before, oldest first, and the chats that there are. */
export function readHistory(
  phone: Phone,
  wanted: HistoryRequest,
): { messages: WireMessage[]; chats: WireChat[] } {
  const held = new Set(wanted.held);
  const all =
    wanted.chat_id === undefined
      ? [...phone.state.messages.values()]
      : phone.state.messagesOf(wanted.chat_id);
  const before = wanted.before ?? Number.POSITIVE_INFINITY;
  const past = all.filter((message) => message.delivered && message.t <= before && !held.has(message.id));
  return {
    messages: phone.shown(past.slice(-wanted.count)),
    chats: phone.state.chats.map(({ id, name }) => ({ id, name, unread: unreadShown(phone, id) })),
  };
}

/** What waits for the page counts only when it is shown there. */
function unreadShown(phone: Phone, chatId: string): number {
  const chat = phone.state.chat(chatId);
  if (chat === undefined || chat.unread === 0) return 0;
  const heard = phone.state.messagesOf(chatId).filter((message) => message.origin === 'contact');
  return heard.slice(-chat.unread).filter((message) => message.delivered).length;
}
