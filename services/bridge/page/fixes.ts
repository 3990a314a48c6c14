import { TEXT_OF } from './ids.ts';

/**
 * What runs inside WhatsApp Web beside the library, as source text: it is the page's program, not ours, and all that
 * comes back is unknown. Each mends or adds one thing that whatsapp-web.js 1.34.7 lacks.
 */

/** Where the page stands: its connection, whether it has synced, whether the library listens to it. */
export const READ_PAGE = `(() => {
  try {
    const { Socket } = window.require('WAWebSocketModel');
    const { missing = [], isListening = false } = window.WWebJS?.gatehouse ?? {};
    return {
      state: Socket.state,
      hasSynced: Boolean(Socket.hasSynced),
      isInjected: typeof window.WWebJS !== 'undefined',
      isListening,
      missing,
      version: window.Debug?.VERSION,
      userAgent: navigator.userAgent,
    };
  } catch {
    return null;
  }
})()`;

/** When the sync ended before the library listened, it never hears of it and `ready` never comes. */
export const REPEAT_SYNCED = 'void window.onAppStateHasSyncedEvent()';

/** The library calls this in Node, where it throws, and the QR code freezes. */
export const REFRESH_QR = "void window.require('WAWebCmd').Cmd.refreshQR()";

/** Unlinks this device, as client.logout() does, without its closing of the browser and deleting of the profile. */
export const UNLINK = "window.require('WAWebSocketModel').Socket.logout()";

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
