import { TEXT_OF } from './ids.ts';

/**
 * How chats and messages are looked up inside WhatsApp Web, as source text for the page. A page that has not synced has not all of
 * its messages, and then says so: what it does not find might yet be there.
 */

/** The chats with the newest activity, as `Chat` of the contract. The library's getChats() serializes every one. */
export function listChats(limit: number): string {
  return `(() => {
    ${TEXT_OF}
    return window.require('WAWebCollections').Chat.getModelsArray()
    .map((chat) => ({ chat, t: chat.t ?? 0 })).sort((a, b) => b.t - a.t).slice(0, ${limit})
    .map(({ chat }) => ({
      id: textOf(chat.id),
      name: String(chat.formattedTitle ?? chat.name ?? ''),
      is_group: chat.id?.server === 'g.us',
      unread_count: Math.max(0, chat.unreadCount ?? 0),
      archived: Boolean(chat.archive),
      ...(chat.t ? { timestamp: chat.t } : {}),
    }));
  })()`;
}

/**
 * The newest messages of a chat, oldest first; null when there is no such chat. The library's getChatById() would make
 * one, and its fetchMessages() sorts messages of the same second at random.
 */
export function listMessages(chatId: string, limit: number): string {
  return `(async () => {
    const wid = window.require('WAWebWidFactory').createWid(${JSON.stringify(chatId)});
    const chat = window.require('WAWebCollections').Chat.get(wid);
    if (!chat) return null;
    let found = chat.msgs.getModelsArray().filter((msg) => !msg.isNotification);
    while (found.length < ${limit}) {
      const earlier = await window.require('WAWebChatLoadMessages').loadEarlierMsgs({ chat });
      if (!earlier?.length) break;
      found = [...earlier.filter((msg) => !msg.isNotification), ...found];
    }
    return found.sort((a, b) => a.t - b.t).slice(-${limit}).map((msg) => window.WWebJS.getMessageModel(msg));
  })()`;
}

/** The message of a serialized id or a stanza id; null when this device does not know it. */
export function findMessage(id: string): string {
  return `(async () => {
    ${TEXT_OF}
    const wanted = ${JSON.stringify(id)};
    const { Msg } = window.require('WAWebCollections');
    let found = Msg.getModelsArray().find((msg) => msg.id.id === wanted || textOf(msg.id) === wanted);
    if (!found && wanted.includes('_')) found = (await Msg.getMessagesById([wanted]))?.messages?.[0];
    return found ? window.WWebJS.getMessageModel(found) : null;
  })()`;
}

/**
 * The message of a serialized id or a stanza id, and what may be done to it; null when this device does not know it. A
 * message that is not loaded is found by its serialized id, which a stanza id and the address of its chat make: of one's
 * own in a group, and of anybody's in other chats.
 */
export function findInChat(id: string, address: string): string {
  return `(async () => {
    ${PRELUDE}
    const [wanted, address] = ${JSON.stringify([id, address])};
    const loaded = Msg.getModelsArray().filter(({ id }) => id.id === wanted || textOf(id) === wanted);
    // One's own first: whoever got a message knows its stanza id, and may use it for a message of theirs.
    let msg = loaded.find(({ id }) => id.fromMe);
    const [own, theirs] = wanted.includes('_') ? [[wanted], []] : candidatesOf(wanted, address);
    for (const id of own) msg ??= (await Msg.getMessagesById([id]))?.messages?.[0];
    msg ??= loaded[0];
    for (const id of theirs) msg ??= (await Msg.getMessagesById([id]))?.messages?.[0];
    if (!msg) return null;
    const can = window.require('WAWebMsgActionCapability');
    const { fromMe, remote, id, participant } = msg.id;
    return {
      id: { _serialized: textOf(msg.id), fromMe, remote: textOf(remote), id, ...(participant ? { participant: textOf(participant) } : {}) },
      t: msg.t,
      ack: msg.ack,
      type: msg.type,
      body: typeof msg.body === 'string' ? msg.body : '',
      mayEdit: Boolean(can.canEditText(msg)),
      mayRevoke: Boolean(can.canSenderRevokeMsg(msg) || can.canAdminRevokeMsg(msg)),
    };
  })()`;
}

/** This account's messages in a chat since a time (Unix, in seconds) that a WhatsApp Web has made: none typed on a phone. */
export function ownSince(address: string, since: number): string {
  return `(async () => {
    ${PRELUDE}
    const [address, since] = ${JSON.stringify([address, since])};
    const { Chat } = window.require('WAWebCollections');
    const chat = addressesOf(address).map((wid) => Chat.get(wid)).find(Boolean);
    if (!chat) return [];
    while (!chat.msgs.getModelsArray().some((msg) => msg.t < since)) {
      const earlier = await window.require('WAWebChatLoadMessages').loadEarlierMsgs({ chat });
      if (!earlier?.length) break;
    }
    return chat.msgs.getModelsArray()
      .filter((msg) => msg.id.fromMe && msg.t >= since && msg.id.id.startsWith('3EB0'))
      .sort((a, b) => a.t - b.t)
      .map((msg) => window.WWebJS.getMessageModel(msg));
  })()`;
}

/** A person may be known by a number or by a LID, and a chat be moved from one to the other. */
const PRELUDE = `
    if (!window.require('WAWebSocketModel').Socket.hasSynced || !window.WWebJS?.sendMessage?.calls) {
      throw new Error('gatehouse: not synced');
    }
    const { Msg } = window.require('WAWebCollections');
    ${TEXT_OF}
    const addressesOf = (address) => {
      const wid = window.require('WAWebWidFactory').createWid(address);
      if (!wid.isUser()) return [wid];
      const { getPhoneNumber, getCurrentLid } = window.require('WAWebApiContact');
      const other = wid.isLid() ? getPhoneNumber(wid) : getCurrentLid(wid);
      return other && textOf(other) !== address ? [wid, other] : [wid];
    };
    const candidatesOf = (stanzaId, address) => {
      const ends = addressesOf(address).map((wid) => textOf(wid) + '_' + stanzaId);
      const { getMaybeMePnUser, getMaybeMeLidUser } = window.require('WAWebUserPrefsMeUser');
      const me = address.endsWith('@g.us') ? [getMaybeMePnUser(), getMaybeMeLidUser()].filter(Boolean) : [];
      const own = me.length === 0 ? ends : ends.flatMap((end) => me.map((wid) => end + '_' + textOf(wid)));
      return [own.map((end) => 'true_' + end), me.length === 0 ? ends.map((end) => 'false_' + end) : []];
    };`;
