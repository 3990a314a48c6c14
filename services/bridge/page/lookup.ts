import { LOAD_EARLIER } from './earlier-messages.ts';
import { TEXT_OF } from './ids.ts';
import { IS_WRITTEN } from './message-kinds.ts';
import { CHECK_ACCOUNT } from './people/own-account.ts';
import { PEOPLE_FIELD } from './people/people.ts';
import { FAILURE_OF } from './send-hook.ts';

/**
 * How chats and messages are looked up inside WhatsApp Web, as source text for the page. A page that has not synced has not all of
 * its messages, and then says so: what it does not find might yet be there.
 */

/** The chats with the newest activity, as `readChats` takes them. The library's getChats() serializes every one. */
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
      ${PEOPLE_FIELD}: window.WWebJS?.gatehousePeople?.([chat.id]),
    }));
  })()`;
}

/**
 * The newest messages of a chat, by either address of a person, oldest first; null when there is no such chat. The library's getChatById() would make
 * one, and its fetchMessages() sorts messages of the same second at random.
 */
export function listMessages(chatId: string, limit: number): string {
  return `(async () => {
    ${ADDRESSES_OF}
    ${LOAD_EARLIER}
    ${IS_WRITTEN}
    const id = ${JSON.stringify(chatId)};
    const { Chat } = window.require('WAWebCollections');
    const otherChat = () => {
      try {
        return addressesOf(id).map((wid) => Chat.get(wid)).find(Boolean);
      } catch {
        return undefined; // The page does not know the other address of a person.
      }
    };
    const chat = Chat.get(window.require('WAWebWidFactory').createWid(id)) ?? otherChat();
    if (!chat) return null;
    const held = chat.msgs.getModelsArray().filter(isWritten);
    const isEnough = (loaded) => held.length + loaded.filter(isWritten).length >= ${limit};
    const { loaded } = await loadEarlier(chat, isEnough);
    return [...loaded.filter(isWritten), ...held].sort((a, b) => a.t - b.t).slice(-${limit}).map((msg) => window.WWebJS.getMessageModel(msg));
  })()`;
}

/** The message of a serialized id or a stanza id; null when this device does not know it. */
export function findMessage(id: string): string {
  return `(async () => {
    ${LOCATE}
    const found = await locate(${JSON.stringify(id)});
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
    ${CHECK_SYNCED}
    ${LOCATE}
    ${FAILURE_OF}
    const msg = await locate(...${JSON.stringify([id, address])});
    if (!msg) return null;
    const can = window.require('WAWebMsgActionCapability');
    // Deleting a message gives it the id of the deletion. Source: \`WAWebRevoke\` (jigger@0fbd5e1a).
    const key = (msg.type === 'revoked' && msg.protocolMessageKey) || msg.id;
    const { fromMe, remote, id, participant } = key;
    return {
      id: { _serialized: textOf(key), fromMe, remote: textOf(remote), id, ...(participant ? { participant: textOf(participant) } : {}) },
      t: msg.t,
      ack: msg.ack,
      type: msg.type,
      body: typeof msg.body === 'string' ? msg.body : '',
      mayEdit: Boolean(can.canEditText(msg)),
      mayRevoke: Boolean(can.canSenderRevokeMsg(msg) || can.canAdminRevokeMsg(msg)),
      isFailed: hasFailed(msg),
      isRefused: isRefused(msg),
      isEditFailed: Boolean(msg.ack > 0 && msg.isSendFailure),
      errorCode: msg.errorCode,
    };
  })()`;
}

/** This account's messages in a chat since a time (Unix, in seconds) that a WhatsApp Web has made: none typed on a phone. */
export function ownSince(address: string, since: number): string {
  return `(async () => {
    ${CHECK_SYNCED}
    ${ADDRESSES_OF}
    ${LOAD_EARLIER}
    ${FAILURE_OF}
    const [address, since] = ${JSON.stringify([address, since])};
    const { Chat } = window.require('WAWebCollections');
    const chat = addressesOf(address).map((wid) => Chat.get(wid)).find(Boolean);
    if (!chat) return [];
    const { isWhole } = await loadEarlier(chat, () => chat.msgs.getModelsArray().some((msg) => msg.t < since));
    // What is not found might be among the others.
    if (!isWhole) throw new Error('gatehouse: the page does not come to the end of the messages of this chat');
    return chat.msgs.getModelsArray()
      .filter((msg) => msg.id.fromMe && msg.t >= since && msg.id.id.startsWith('3EB0'))
      .sort((a, b) => a.t - b.t)
      .map((msg) => ({ message: window.WWebJS.getMessageModel(msg), isFailed: hasFailed(msg), isRefused: isRefused(msg) }));
  })()`;
}

/**
 * Begins the page's own retry of an own message, if it has failed: null, or the text that says why there is none. Throws where
 * the page is linked to another account than the given one.
 */
export function resendMessage(id: string, account?: string): string {
  return `(async () => {
    ${CHECK_SYNCED}
    ${LOCATE}
    ${FAILURE_OF}
    ${CHECK_ACCOUNT}
    const [id, account] = ${JSON.stringify([id, account ?? null])};
    const msg = await locate(id);
    checkAccount(account);
    if (!msg) return 'WhatsApp Web no longer has it';
    return hasFailed(msg) ? window.WWebJS.sendMessage.resend(msg) : null;
  })()`;
}

/**
 * Waits until a message is shown as deleted: true, or false at `notAfter` (Unix time in ms). It keeps the model, because deleting
 * a message gives it another id. Source: `WAWebRevokeMsgAction` (jigger@0fbd5e1a).
 */
export function watchRevoked(id: string, notAfter: number): string {
  return `(async () => {
    ${LOCATE}
    const msg = await locate(${JSON.stringify(id)});
    while (msg && msg.type !== 'revoked' && Date.now() < ${notAfter}) await new Promise((go) => setTimeout(go, 50));
    return msg?.type === 'revoked';
  })()`;
}

/**
 * Since when (Unix time in seconds) this device is linked; null where the page does not tell.
 * Source: `WAWebUserPrefsMultiDevice` (jigger@0fbd5e1a).
 */
export const LINKED_AT = `(() => {
  try {
    return window.require('WAWebUserPrefsMultiDevice').getPairingTimestamp() ?? null;
  } catch {
    return null;
  }
})()`;

/**
 * Whether what waited at WhatsApp's server has come since the page connected: receipts among it. True where the page does not tell,
 * and when 5 minutes have passed: then it sends all the same.
 * Source: `WAWebHandleInfoBulletin`, `WAWebEventsWaitForOfflineDeliveryEnd` (jigger@0fbd5e1a).
 */
export const IS_DELIVERY_OVER = `(() => {
  const send = window.WWebJS?.sendMessage ?? {};
  let isOver = true;
  try {
    isOver = window.require('WAWebEventsWaitForOfflineDeliveryEnd').isOfflineDeliveryEnd() !== false;
  } catch {
    // A page without it does not tell.
  }
  send.deliveryAwaitedSince = isOver ? undefined : (send.deliveryAwaitedSince ?? Date.now());
  return isOver || Date.now() - send.deliveryAwaitedSince > 300000;
})()`;

/** A person may be known by a number or by a LID, and a chat be moved from one to the other. */
export const ADDRESSES_OF = `
    ${TEXT_OF}
    const addressesOf = (address) => {
      const wid = window.require('WAWebWidFactory').createWid(address);
      if (!wid.isUser()) return [wid];
      const { getPhoneNumber, getCurrentLid } = window.require('WAWebApiContact');
      const other = wid.isLid() ? getPhoneNumber(wid) : getCurrentLid(wid);
      return other && textOf(other) !== address ? [wid, other] : [wid];
    };`;

const CHECK_SYNCED = `
    if (!window.require('WAWebSocketModel').Socket.hasSynced || !window.WWebJS?.sendMessage?.calls) {
      throw new Error('gatehouse: not synced');
    }`;

/**
 * `locate(id, address)` is the message of a serialized id, or of a stanza id in the chat at this address, from memory or from the
 * database of the page. The page may keep it under the other address of its chat (wwebjs#201839), and the key of a message to
 * oneself ends in its direction. Source: `WAWebMsgKey`, `WAWebLidMigrationUtils` (getAlternateMsgKey) (jigger@0fbd5e1a).
 */
const LOCATE = `
    ${ADDRESSES_OF}
    const { Msg } = window.require('WAWebCollections');
    const candidatesOf = (stanzaId, address) => {
      const { getMaybeMePnUser, getMaybeMeLidUser } = window.require('WAWebUserPrefsMeUser');
      const me = [getMaybeMePnUser(), getMaybeMeLidUser()].filter(Boolean).map(textOf);
      const wids = addressesOf(address);
      const ends = wids.map((wid) => textOf(wid) + '_' + stanzaId);
      if (address.endsWith('@g.us')) return [ends.flatMap((end) => me.map((wid) => 'true_' + end + '_' + wid)), []];
      const isMe = wids.some((wid) => me.includes(textOf(wid)));
      return [
        ends.flatMap((end) => (isMe ? ['true_' + end + '_out', 'true_' + end] : ['true_' + end])),
        ends.flatMap((end) => (isMe ? ['false_' + end + '_in', 'false_' + end] : ['false_' + end])),
      ];
    };
    const locate = async (wanted, address) => {
      const whole = /^(true|false)_([^_]+)_([^_]+)/.exec(wanted);
      if (!whole && wanted.includes('_')) return (await Msg.getMessagesById([wanted]))?.messages?.[0];
      const [side, remote, stanzaId] = whole ? whole.slice(1) : [undefined, address, wanted];
      const loaded = Msg.getModelsArray().filter((msg) =>
        [msg.id, msg.type === 'revoked' && msg.protocolMessageKey].some((key) => key && (key.id === stanzaId || textOf(key) === wanted)));
      const exact = loaded.find((msg) => textOf(msg.id) === wanted);
      if (exact) return exact;
      const sides = side === undefined ? ['true', 'false'] : [side];
      const chats = remote === undefined ? undefined : addressesOf(remote).map(textOf);
      // Own messages first: a recipient knows the stanza id of a message and could reuse it for a message of their own.
      const inMemory = (name) => loaded.find((msg) =>
        String(msg.id.fromMe) === name && (side === undefined || chats.includes(textOf(msg.id.remote))));
      const [own, theirs] = remote === undefined ? [[], []] : candidatesOf(stanzaId, remote);
      for (const name of sides) {
        const ids = name === 'true' ? own : theirs;
        let msg = inMemory(name);
        for (const id of new Set([...(side === undefined ? [] : [wanted]), ...ids])) {
          msg ??= (await Msg.getMessagesById([id]))?.messages?.[0];
        }
        if (msg) return msg;
      }
      return undefined;
    };`;
