import { sleep } from '../objects/emitter.ts';
import { createWid, type Wid } from '../objects/ids.ts';
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
} from '../objects/store.ts';
import { current } from '../settings.ts';
import { me } from '../socket.ts';

/** The collections, and the people and chats in them. */
export const peopleModules = {
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
};

function isUnregistered(wid: Wid): boolean {
  return current.unregistered.has(wid._serialized);
}
