import { createWid, MsgKey, me, type Wid } from './objects/ids.ts';
import {
  addContact,
  type ChatModel,
  ensureChat,
  findChat,
  joinGroup,
  Msg,
  MsgModel,
} from './objects/store.ts';
import { lidPnCache } from './people/lid-pn-cache.ts';
import { chatStart, SYSTEM_MESSAGE_TYPES } from './people/system-messages.ts';
import { call } from './phone-connection.ts';
import { changeOwnMessage, findOwnMessage, readOwnMessages } from './sends/own-messages.ts';
import { isRecord, listOf, parseChat, parseMessage, type WireMessage } from './wire.ts';

/** Attributes with a place of their own in a WireMessage, or of no meaning after a reload. */
const NOT_DETAILS = new Set([
  ...['id', 'ack', 'body', 'type', 't', 'isNewMsg', 'self', 'local', 'notifyName'],
  ...['isSendFailure', 'errorCode'],
]);

/** How many messages a page holds after a load, and how many each later look back brings. */
const HISTORY_COUNT = 200;

/** Acks of messages that were not loaded when they came. */
const missedAcks = new Map<string, number>();

export function toWire(msg: MsgModel): WireMessage {
  return {
    id: String(msg.id),
    key: msg.id.id,
    from_me: msg.id.fromMe,
    chat_id: msg.id.remote._serialized,
    author: msg.id.participant?._serialized,
    type: msg.type,
    // Some kinds have a body that is null or no text.
    body: typeof msg.body === 'string' ? msg.body : undefined,
    t: msg.t,
    ack: msg.ack,
    details: {
      ...Object.fromEntries(
        Object.entries(msg.serialize()).filter(([name, value]) => !NOT_DETAILS.has(name) && isKept(value)),
      ),
      mentionedJidList: listOf(msg.get('mentionedJidList') ?? []).map(String),
    },
  };
}

/** Shows a message: as a new one, which the library announces, or as one of the history. Twice is once. */
export function show(wire: WireMessage, isNew: boolean): MsgModel {
  const remote = createWid(wire.chat_id);
  const title = remote.isUser() && !wire.from_me ? wire.name : undefined;
  const chat = isNew ? openChat(remote, wire.from_me, title) : ensureChat(remote, title);
  const known = Msg.get(wire.id);
  const msg = known ?? makeModel(wire, isNew);
  if (msg.author !== undefined) joinGroup(chat, msg.author);
  if (chat.msgs.get(msg.id) !== undefined) return msg;
  chat.msgs.add(msg);
  if (known === undefined) Msg.add(msg);
  if (SYSTEM_MESSAGE_TYPES.includes(wire.type)) return msg;
  if (msg.t >= chat.t) chat.set({ lastReceivedKey: msg.id, t: msg.t });
  if (isNew && !wire.from_me) chat.set({ unreadCount: chat.unreadCount + 1 });
  return msg;
}

/** The chat of an id. A new one begins with system messages, which are announced as new ones: `WAWebHandleSingleMsg`. */
export function openChat(id: Wid, isStartedByMe: boolean, title?: string): ChatModel {
  const known = findChat(id);
  if (known !== undefined) return known;
  const chat = ensureChat(id, title);
  const t = Math.floor(Date.now() / 1000);
  for (const message of chatStart(String(id), t, isStartedByMe)) show(message, true);
  return chat;
}

function makeModel(wire: WireMessage, isNew: boolean): MsgModel {
  const remote = createWid(wire.chat_id);
  const author = wire.author === undefined ? undefined : createWid(wire.author);
  const self = remote.isLid() ? me.lid : me.pn;
  if (!wire.from_me) addContact(author ?? remote, wire.name);
  return new MsgModel({
    star: false,
    ...wire.details,
    mentionedJidList: listOf(wire.details.mentionedJidList ?? []).map(createWid),
    ...(wire.revoked_id === undefined
      ? {}
      : { protocolMessageKey: MsgKey.fromString(wire.revoked_id), subtype: 'sender' }),
    id: new MsgKey({ id: wire.key, fromMe: wire.from_me, remote, participant: author }),
    ack: Math.max(wire.ack, missedAcks.get(wire.id) ?? wire.ack),
    body: wire.body,
    type: wire.type,
    t: wire.t,
    from: wire.from_me ? self : remote,
    to: wire.from_me ? remote : self,
    notifyName: wire.name,
    isNewMsg: isNew,
    self: wire.from_me ? 'out' : 'in',
    ...(author === undefined ? {} : { author }),
    ...failureOf(wire),
  });
}

/**
 * One's own message that the page reads at ack 0 from its database counts as failed.
 * Source: `WAWebGetMsgUpdatesActionsUtils` (jigger@0fbd5e1a).
 */
function failureOf({ id, from_me, ack }: WireMessage): object {
  const own = findOwnMessage(id);
  if (own === undefined) return {};
  const isSendFailure = own.isSendFailure || (from_me && ack === 0);
  return { local: true, isSendFailure, ...(own.errorCode === undefined ? {} : { errorCode: own.errorCode }) };
}

/**
 * A message of the past as this page knew it. The phone knows more: an ack of the server that the page did not hear is
 * lost, and the server never repeats it. One that is not in the page's database has been acknowledged.
 */
function asKnownHere(wire: WireMessage): WireMessage {
  const own = findOwnMessage(wire.id);
  if (own !== undefined) return { ...wire, ack: own.message.ack };
  return wire.from_me && wire.ack === 0 ? { ...wire, ack: 1 } : wire;
}

/**
 * A message is deleted for everyone. Its key goes: it gets that of the revoke (`keyId`), and keeps its former one as
 * `protocolMessageKey`. Source: `WAWebRevoke.getMsgKeyAfterRevoke`, `WAWebRevokeMsgAction` (jigger@0fbd5e1a).
 */
export function showRevoked(id: string, keyId: string): void {
  const msg = Msg.get(id);
  if (msg === undefined) return;
  const former = msg.id;
  const { fromMe, remote, participant } = former;
  const key = new MsgKey({ id: keyId, fromMe, remote, participant });
  ensureChat(remote).msgs.replaceId(former, key);
  Msg.replaceId(former, key);
  msg.set({
    protocolMessageKey: former,
    type: 'revoked',
    subtype: 'sender',
    body: undefined,
    isSendFailure: false,
  });
}

export function setAck(id: string, ack: number): void {
  const msg = Msg.get(id);
  if (msg !== undefined && msg.ack >= ack && ack !== -1) return;
  if (msg === undefined) missedAcks.set(id, ack);
  else msg.set({ ack });
  changeOwnMessage(id, { ack }).catch((error) => console.warn(`the ack of ${id} is not stored: ${error}`));
}

/** Brings back what this account said and heard before the page was loaded. */
export async function hydrate(): Promise<void> {
  const own = await readOwnMessages();
  const past = await call('history', { count: HISTORY_COUNT });
  for (const { id, name } of listOf(past.chats).map(parseChat))
    ensureChat(createWid(id), nameKnown(id, name));
  for (const wire of listOf(past.messages).map(parseMessage)) show(asKnownHere(wire), false);
  for (const { message } of own) show(message, false);
  for (const { id, unread } of listOf(past.chats).map(parseChat)) {
    const chat = ensureChat(createWid(id));
    // What came in meanwhile is unread, although the history does not count it yet.
    chat.set({ unreadCount: Math.max(unread, chat.unreadCount) });
  }
}

/** The phone calls a person without a name by the number, which the page may not know. */
function nameKnown(id: string, name: string): string | undefined {
  const wid = createWid(id);
  const isHidden = wid.isLid() && lidPnCache.getPhoneNumber(wid) === undefined;
  return isHidden && name.startsWith('+') ? undefined : name;
}

export async function loadEarlierMsgs({ chat }: { chat: ChatModel }): Promise<MsgModel[]> {
  const [oldest] = chat.msgs.getModelsArray().sort((left, right) => left.t - right.t);
  const past = await call('history', {
    count: HISTORY_COUNT,
    chat_id: chat.id._serialized,
    held: chat.msgs.getModelsArray().map((msg) => String(msg.id)),
    before: oldest?.t ?? null,
  });
  return listOf(past.messages).map((wire) => show(asKnownHere(parseMessage(wire)), false));
}

Msg.load = async (ids) => {
  const found = await call('messages', { ids });
  // Into no chat: there it would stand out of order, between messages that are not loaded.
  return listOf(found.messages).map((wire) => Msg.add(makeModel(asKnownHere(parseMessage(wire)), false)));
};

function isKept(value: unknown): boolean {
  if (isPlain(value)) return true;
  if (Array.isArray(value)) return value.every((item) => isRecord(item) && 'name' in item);
  // Such as the quoted message; not an id or a model, which are of classes of their own.
  return (
    isRecord(value) &&
    Object.getPrototypeOf(value) === Object.prototype &&
    Object.values(value).every(isPlain)
  );
}

function isPlain(value: unknown): boolean {
  return value === null || ['string', 'number', 'boolean', 'undefined'].includes(typeof value);
}
