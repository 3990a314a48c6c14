import { chatStart } from '../web/people/system-messages.ts';
import type { WireChat, WireMessage } from '../web/wire.ts';
import type { Account } from './account.ts';
import { BROADCAST_CHATS, BROADCASTS } from './broadcasts.ts';
import type { PhoneMessage } from './journal-records.ts';

/** Whose past it is. */
type Owner = Pick<Account, 'state' | 'shown'>;

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
  owner: Owner,
  wanted: HistoryRequest,
): { messages: WireMessage[]; chats: WireChat[] } {
  const held = new Set(wanted.held?.map(withoutDirection));
  const { chat_id } = wanted;
  const said = chat_id === undefined ? [...owner.state.messages.values()] : owner.state.messagesOf(chat_id);
  const all = [
    ...broadcastsOf(chat_id),
    ...shownByPage(owner, said).flatMap((message) => withStart(owner, message)),
  ];
  const before = wanted.before ?? Number.POSITIVE_INFINITY;
  const past = all.filter((message) => message.t <= before && !held.has(withoutDirection(message.id)));
  const chats = owner.state.chats.map(({ id, name }) => ({ id, name, unread: unreadShown(owner, id) }));
  return { messages: past.slice(-wanted.count), chats: [...BROADCAST_CHATS, ...chats] };
}

/** In the chat with oneself a page adds the direction to each key, also where the phone has none: to system messages. */
function withoutDirection(id: string): string {
  return id.replace(/_(?:in|out)$/, '');
}

/** Of one chat all; for a page that loads the newest of each, as the real page has no more than that of such chats. */
function broadcastsOf(chatId: string | undefined): readonly WireMessage[] {
  if (chatId !== undefined) return BROADCASTS.filter((message) => message.chat_id === chatId);
  return BROADCAST_CHATS.flatMap(({ id }) =>
    BROADCASTS.filter((message) => message.chat_id === id).slice(-1),
  );
}

/** A message, after the system messages of its chat when it is the first there. */
function withStart(owner: Owner, message: WireMessage): WireMessage[] {
  const { chat_id, id, revoked_id, t, from_me } = message;
  const isFirst = owner.state.chat(chat_id)?.message_ids[0] === (revoked_id ?? id);
  return isFirst ? [...chatStart(chat_id, t, from_me), message] : [message];
}

/** Messages by the ids that the page has of them. */
export function findShown(owner: Owner, ids: readonly string[]): WireMessage[] {
  const found = owner.state.find(ids).filter((message) => pageIdOf(message) === message.id);
  if (found.length === ids.length) return shownByPage(owner, found);
  const wanted = new Set(ids);
  return shownByPage(
    owner,
    [...owner.state.messages.values()].filter((message) => wanted.has(pageIdOf(message))),
  );
}

/** In a page, a message that was deleted for everyone has the key of the stanza that did it. */
function shownByPage(owner: Owner, messages: readonly PhoneMessage[]): WireMessage[] {
  const keys = new Map(messages.map(({ id, revoke_key }) => [id, revoke_key]));
  return owner.shown(messages).map((message) => {
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
function unreadShown(owner: Owner, chatId: string): number {
  const chat = owner.state.chat(chatId);
  if (chat === undefined || chat.unread === 0) return 0;
  const heard = owner.state.messagesOf(chatId).filter((message) => message.origin === 'contact');
  return heard.slice(-chat.unread).filter((message) => message.delivered).length;
}
