import { loadEarlierMsgs } from '../messages.ts';
import { sleep } from '../objects/emitter.ts';
import { MsgKey, type Wid } from '../objects/ids.ts';
import { Blocklist, type MsgModel } from '../objects/store.ts';
import { call, note } from '../phone-connection.ts';
import { mayEdit, mayEditCaption, mayRevoke } from '../sends/capabilities.ts';
import { sendMessageEdit } from '../sends/edit-message.ts';
import { offlineDelivery } from '../sends/offline-delivery.ts';
import { getIsFailed, resendMsg } from '../sends/resend-message.ts';
import { sendSeen } from '../sends/seen.ts';
import { addAndSendMsgToChat, recordAction, resendMsgToChat } from '../sends/send-message.ts';
import { current } from '../settings.ts';

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
  WAWebSendMsgChatAction: { addAndSendMsgToChat, resendMsgToChat },
  // Not named by the library.
  WAWebSendMsgRecordAction: recordAction,
  WAWebResendMsgAction: { resendMsg },
  WAWebMsgGetters: { getIsFailed },
  WAWebEventsWaitForOfflineDeliveryEnd: {
    isOfflineDeliveryEnd: () => offlineDelivery.isEnd,
    waitForOfflineDeliveryEnd: () => offlineDelivery.wait(),
  },
  WAWebBlocklistCollection: { BlocklistCollection: Blocklist },
  WAWebSendReactionMsgAction: {
    async sendReactionToMsg(msg: MsgModel, text: string) {
      await call('reaction', { id: String(msg.id), text });
    },
  },
  WAWebSendMessageEditAction: { sendMessageEdit },
  WAWebMsgActionCapability: {
    canSenderRevokeMsg: mayRevoke,
    canAdminRevokeMsg: () => false,
    canStarMsg: () => true,
    canEditText: mayEdit,
    canEditCaption: mayEditCaption,
  },
  WAWebUpdateUnreadChatAction: { sendSeen },
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

function linksOf(text: unknown): object[] {
  return [...String(text ?? '').matchAll(/https?:\/\/\S+/g)].map(([href]) => ({
    href,
    url: href,
    suspiciousCharacters: new Set(),
  }));
}
