import { asUserWidOrThrow, createWid, createWidFromWidLike, me, type Wid } from '../objects/ids.ts';
import {
  Blocklist,
  BusinessProfile,
  Chat,
  type ChatModel,
  Contact,
  type ContactModel,
  GroupMetadata,
  Label,
  Msg,
  type MsgModel,
  WAWebNewsletterCollection,
} from '../objects/store.ts';
import {
  findOrCreateLatestChat,
  getCurrentLid,
  getPhoneNumber,
  queryWidExists,
  toUserLid,
} from '../people/find-chat.ts';

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
  // The library assigns an export to it that the real one does not have.
  WAWebSyncGatingUtils: {},
  WAWebNonMessageDataRequestPlaceholderMessageResendUtils: { handlePlaceholderMsgsSeen: () => undefined },
  WAWebWidFactory: {
    createWid,
    createWidFromWidLike,
    createUserWidOrThrow: (user: string, server = 'c.us') =>
      asUserWidOrThrow(createWid(user.includes('@') ? user : `${user}@${server}`)),
    asUserWidOrThrow,
  },
  WAWebChatGetters: {
    getIsNewsletter: (chat: ChatModel) => chat.id.isNewsletter(),
    getIsBroadcast: (chat: ChatModel) => chat.id.isBroadcast(),
  },
  // What the page has not learned is undefined, not null. Source: `WAWebApiContact` (jigger@0fbd5e1a).
  WAWebApiContact: {
    getAlternateUserWid(wid: Wid) {
      if (wid.device !== undefined) throw new Error('getAlternateUserWid - Invalid get call using deviceWid');
      return wid.isLid() ? getPhoneNumber(wid) : getCurrentLid(wid);
    },
    getCurrentLid,
    getPhoneNumber,
  },
  WAWebLidMigrationUtils: {
    toPn: (wid: Wid) => (wid.isLid() ? getPhoneNumber(wid) : wid),
    toLid: toUserLid,
  },
  WAWebContactGetters: {
    getIsMe: ({ id }: ContactModel) => me.pn?.equals(id) === true || me.lid?.equals(id) === true,
    getIsUser: (contact: ContactModel) => contact.id.isUser(),
    getIsGroup: (contact: ContactModel) => contact.id.isGroup(),
    getIsWAContact: (contact: ContactModel) => contact.id.isUser() && contact.get('type') === 'in',
    getUserid: ({ id }: ContactModel) => (id.isUser() ? id.user : null),
    getVerifiedName: () => undefined,
    getVerifiedLevel: () => undefined,
    getStatusMute: () => undefined,
    getName: (contact: ContactModel) => contact.name,
    getShortName: (contact: ContactModel) => contact.name,
    getPushname: (contact: ContactModel) => contact.pushname,
    getIsEnterprise: () => false,
  },
  WAWebFrontendContactGetters: { getIsMyContact: () => false },
  WAWebQueryExistsJob: { queryWidExists },
  WAWebFindChatAction: { findOrCreateLatestChat },
  WAWebBackendJobsCommon: { mediaTypeFromProtobuf: () => null },
  WAWebE2EProtoUtils: { typeAttributeFromProtobuf: () => 'text' },
  WAWebQuotedMsgModelUtils: {
    getQuotedMsgObj: (msg: MsgModel) =>
      Msg.getModelsArray().find((other) => other.id.id === msg.get('quotedStanzaID')),
  },
};
