import { callCollection, callModules, pollVoteTableMode, reactionTableMode } from './addons.ts';
import { sleep } from './emitter.ts';
import { base64, createWid, MsgKey, randomBytes, type Wid } from './ids.ts';
import { mediaModules } from './media.ts';
import { loadEarlierMsgs } from './messages.ts';
import { addAndSendMsgToChat } from './outbox.ts';
import { call, note, tell } from './phone-connection.ts';
import { current, pageVersion } from './settings.ts';
import { Cmd, Conn, me, Socket } from './socket.ts';
import {
  addContact,
  Blocklist,
  BusinessProfile,
  Chat,
  type ChatModel,
  Contact,
  type ContactModel,
  ensureChat,
  GroupMetadata,
  Label,
  Msg,
  type MsgModel,
  WAWebNewsletterCollection,
} from './store.ts';

export const keys = {
  noise: randomBytes(32),
  identity: randomBytes(32),
  adv: base64(randomBytes(32)),
  platform: 1,
};

/** How long WhatsApp lets one's own message be changed, and be deleted for everyone. */
const EDIT_SECONDS = 15 * 60;
const REVOKE_SECONDS = 60 * 3600;
/** What a page that resists lets nobody change. */
const UNWILLING = ['WAWebMsgKey', 'WAWebSendMsgChatAction'];

/** How often each module was asked for: what the library really uses. */
export const required: Record<string, number> = {};

/** Every WhatsApp module that this page has, by the name that whatsapp-web.js asks for. */
export const modules: Record<string, unknown> = {
  // the connection and the login
  WAWebSocketModel: { Socket },
  WAWebCmd: { Cmd },
  WAWebConnModel: { Conn },
  WAWebStreamModel: { Stream: { markAvailable: () => undefined, markUnavailable: () => undefined } },
  WAWebOfflineHandler: { OfflineMessageHandler: { getOfflineDeliveryProgress: () => me.offlineProgress } },
  WAWebAltDeviceLinkingApi: {
    setPairingType: () => undefined,
    initializeAltDeviceLinking: async () => undefined,
    initializeQRLinking: async () => undefined,
    startAltLinkingFlow: async (phone: string) => (await call('code', { phone })).code,
  },
  WAWebLaunchSocketUtils: { refreshQR: () => Cmd.refreshQR() },
  WABase64: { encodeB64: base64 },
  WAWebCompanionRegClientUtils: { DEVICE_PLATFORM: keys.platform },
  WAWebAdvSignatureApi: {},
  WAWebUserPrefsInfoStore: { waNoiseInfo: { get: async () => ({ staticKeyPair: { pubKey: keys.noise } }) } },
  WAWebSignalStoreApi: {
    waSignalStore: { getRegistrationInfo: async () => ({ identityKeyPair: { pubKey: keys.identity } }) },
  },
  WAWebUserPrefsMultiDevice: { getADVSecretKey: () => keys.adv },
  WAWebUserPrefsMeUser: { getMaybeMePnUser: () => me.pn, getMaybeMeLidUser: () => me.lid },
  // Not named by the library. Source: `WAWebDebugSetup`, `WAWebBuildConstants` (jigger@0fbd5e1a).
  WAWebBuildConstants: {
    get VERSION_STR() {
      return pageVersion(current.settings);
    },
  },
  WAWebMiscBrowserUtils: { info: () => ({ os: 'Linux', name: 'Chrome' }) },

  // what is said, and by whom
  WAWebCollections: {
    Msg,
    Chat,
    Contact,
    Blocklist,
    Label,
    BusinessProfile,
    GroupMetadata,
    WAWebNewsletterCollection,
  },
  WAWebSyncGatingUtils: { isPlaceholderMessageResendEnabled: () => false },
  WAWebNonMessageDataRequestPlaceholderMessageResendUtils: { handlePlaceholderMsgsSeen: () => undefined },
  WAWebCallCollection: callCollection,
  WAWebAddonReactionTableMode: { reactionTableMode },
  WAWebAddonPollVoteTableMode: { pollVoteTableMode },
  ...callModules,
  WAWebWidFactory: {
    createWid,
    createWidFromWidLike: createWid,
    createUserWidOrThrow: createWid,
    asUserWidOrThrow: (wid: Wid) => wid,
  },
  WAWebChatGetters: {
    getIsNewsletter: (chat: ChatModel) => chat.id.isNewsletter(),
    getIsBroadcast: (chat: ChatModel) => chat.id.isBroadcast(),
  },
  WAWebApiContact: {
    getAlternateUserWid: () => null,
    getCurrentLid: () => null,
    getPhoneNumber: (wid: Wid) => wid,
  },
  WAWebLidMigrationUtils: { toPn: (wid: Wid) => wid, toLid: (wid: Wid) => wid },
  WAWebContactGetters: {
    getIsMe: (contact: ContactModel) => contact.id._serialized === me.pn?._serialized,
    getIsUser: (contact: ContactModel) => contact.id.isUser(),
    getIsGroup: (contact: ContactModel) => contact.id.isGroup(),
    getIsWAContact: () => true,
    getUserid: (contact: ContactModel) => contact.id.user,
    getVerifiedName: () => undefined,
    getVerifiedLevel: () => undefined,
    getStatusMute: () => undefined,
    getName: (contact: ContactModel) => contact.name,
    getShortName: (contact: ContactModel) => contact.name,
    getPushname: (contact: ContactModel) => contact.pushname,
    getIsEnterprise: () => false,
  },
  WAWebFrontendContactGetters: { getIsMyContact: () => false },
  WAWebQueryExistsJob: {
    async queryWidExists(wid: Wid) {
      await sleep(5);
      return isUnregistered(wid) ? null : { wid, biz: false };
    },
  },
  WAWebFindChatAction: {
    async findOrCreateLatestChat(wid: Wid) {
      if (isUnregistered(wid)) throw new Error('No LID for user');
      if (wid.isUser()) addContact(wid);
      return { chat: ensureChat(wid), created: true };
    },
  },

  WAWebBackendJobsCommon: { mediaTypeFromProtobuf: () => null },
  WAWebE2EProtoUtils: { typeAttributeFromProtobuf: () => 'text' },
  WAWebQuotedMsgModelUtils: {
    getQuotedMsgObj: (msg: MsgModel) =>
      Msg.getModelsArray().find((other) => other.id.id === msg.get('quotedStanzaID')),
  },

  // sending
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
  ...mediaModules,
};

let areLateModulesLoaded = false;

/** Loads the chunk of the modules that come late. */
export function loadLateModules(): void {
  areLateModulesLoaded = true;
}

/** What the page offers as `window.require`: throws for a name that it has not. */
export function requireModule(name: string): unknown {
  required[name] = (required[name] ?? 0) + 1;
  const { without, late } = current.settings;
  const isLate = late.includes(name) && !areLateModulesLoaded;
  const found = without.includes(name) || isLate ? undefined : modules[name];
  if (found === undefined) {
    note('unknown module', name);
    throw new Error(`Requiring unknown module "${name}"`);
  }
  return current.settings.resist && UNWILLING.includes(name) ? Object.freeze(found) : found;
}

function isOwnOf(msg: MsgModel, lastSeconds: number): boolean {
  return msg.id.fromMe && msg.ack >= 0 && Date.now() / 1000 - msg.t < lastSeconds;
}

function isUnregistered(wid: Wid): boolean {
  return current.unregistered.has(wid._serialized);
}

function linksOf(text: unknown): object[] {
  return [...String(text ?? '').matchAll(/https?:\/\/\S+/g)].map(([href]) => ({
    href,
    url: href,
    suspiciousCharacters: new Set(),
  }));
}
