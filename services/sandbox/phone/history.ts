import type { WireChat, WireMessage } from '../web/wire.ts';
import type { PhoneMessage } from './journal-records.ts';
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
  const past = all.filter(
    (message) => message.delivered && message.t <= before && !held.has(pageIdOf(message)),
  );
  return {
    messages: shownByPage(phone, past.slice(-wanted.count)),
    chats: phone.state.chats.map(({ id, name }) => ({ id, name, unread: unreadShown(phone, id) })),
  };
}

/** Messages by the ids that the page has of them. */
export function findShown(phone: Phone, ids: readonly string[]): WireMessage[] {
  const found = phone.state.find(ids).filter((message) => pageIdOf(message) === message.id);
  if (found.length === ids.length) return shownByPage(phone, found);
  const wanted = new Set(ids);
  return shownByPage(
    phone,
    [...phone.state.messages.values()].filter((message) => wanted.has(pageIdOf(message))),
  );
}

/** In a page, a message that was deleted for everyone has the key of the stanza that did it. */
function shownByPage(phone: Phone, messages: readonly PhoneMessage[]): WireMessage[] {
  const keys = new Map(messages.map(({ id, revoke_key }) => [id, revoke_key]));
  return phone.shown(messages).map((message) => {
    const key = keys.get(message.id);
    return key === undefined
      ? message
      : { ...message, id: withKey(message.id, key), key, revoked_id: message.id };
  });
}

function pageIdOf({ id, revoke_key }: PhoneMessage): string {
  return revoke_key === undefined ? id : withKey(id, revoke_key);
}

function withKey(id: string, key: string): string {
  const [fromMe, chatId, _former, ...rest] = id.split('_');
  return [fromMe, chatId, key, ...rest].join('_');
}

/** What waits for the page counts only when it is shown there. */
function unreadShown(phone: Phone, chatId: string): number {
  const chat = phone.state.chat(chatId);
  if (chat === undefined || chat.unread === 0) return 0;
  const heard = phone.state.messagesOf(chatId).filter((message) => message.origin === 'contact');
  return heard.slice(-chat.unread).filter((message) => message.delivered).length;
}
