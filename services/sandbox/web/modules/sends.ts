import { loadEarlierMsgs } from '../messages.ts';
import { sleep } from '../objects/emitter.ts';
import { MsgKey, type Wid } from '../objects/ids.ts';
import type { ChatModel, MsgModel } from '../objects/store.ts';
import { addAndSendMsgToChat } from '../outbox.ts';
import { call, note, tell } from '../phone-connection.ts';
import { current } from '../settings.ts';

/** How long WhatsApp lets one's own message be changed, and be deleted for everyone. */
const EDIT_SECONDS = 15 * 60;
const REVOKE_SECONDS = 60 * 3600;

/** Messages: how they are sent, changed and loaded. */
export const sendModules = {
  WALinkify: { findLink: (text: unknown) => linksOf(text)[0], findLinks: linksOf },
  WAWebLinkPreviewChatAction: {
    async getLinkPreview({ href }: { href: string }) {
      await sleep(current.policy.previewMs);
      return { data: { title: href, canonicalUrl: href, matchedText: href } };
    },
  },
  WAWebMsgKey: MsgKey,
  WAWebMsgReply: { canReplyMsg: () => true },
  WAWebGetEphemeralFieldsMsgActionsUtils: { getEphemeralFields: () => ({}) },
  WAWebSendMsgChatAction: { addAndSendMsgToChat },
  WAWebSendReactionMsgAction: {
    async sendReactionToMsg(msg: MsgModel, text: string) {
      await call('reaction', { id: String(msg.id), text });
    },
  },
  WAWebSendMessageEditAction: {
    async sendMessageEdit(msg: MsgModel, body: string) {
      await call('edit', { id: String(msg.id), body });
      msg.set({ body });
    },
  },
  WAWebMsgActionCapability: {
    canSenderRevokeMsg: (msg: MsgModel) => isOwnOf(msg, REVOKE_SECONDS) && msg.type !== 'revoked',
    canAdminRevokeMsg: () => false,
    canStarMsg: () => true,
    canEditText: (msg: MsgModel) => isOwnOf(msg, EDIT_SECONDS) && msg.type === 'chat',
    canEditCaption: (msg: MsgModel) => isOwnOf(msg, EDIT_SECONDS) && msg.caption !== undefined,
  },
  WAWebUpdateUnreadChatAction: {
    async sendSeen({ chat }: { chat: ChatModel }) {
      if (chat.unreadCount === 0) return;
      chat.set({ unreadCount: 0 });
      tell('seen', { chat_id: chat.id._serialized });
    },
  },
  WAWebChatStateBridge: {
    sendChatStateComposing: async (wid: Wid) => note('composing', wid),
    sendChatStateRecording: async (wid: Wid) => note('recording', wid),
    sendChatStatePaused: async (wid: Wid) => note('paused', wid),
  },
  WAWebPresenceChatAction: {
    sendPresenceAvailable: async () => undefined,
    sendPresenceUnavailable: async () => undefined,
  },
  WAWebChatLoadMessages: { loadEarlierMsgs },
};

function isOwnOf(msg: MsgModel, lastSeconds: number): boolean {
  return msg.id.fromMe && msg.ack >= 0 && Date.now() / 1000 - msg.t < lastSeconds;
}

function linksOf(text: unknown): object[] {
  return [...String(text ?? '').matchAll(/https?:\/\/\S+/g)].map(([href]) => ({
    href,
    url: href,
    suspiciousCharacters: new Set(),
  }));
}
