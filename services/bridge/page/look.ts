import { TEXT_OF } from './ids.ts';

/**
 * How messages are looked up inside WhatsApp Web, as source text for the page. A page that has not synced has not all of
 * its messages, and then says so: what it does not find might yet be there.
 */

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
