import type { Capability } from './capability.ts';

/** What every new message needs, whatever it holds. Source: `WWebJS.sendMessage` (whatsapp-web.js 1.34.7). */
const SENDING = [
  'WAWebSendMsgChatAction.addAndSendMsgToChat',
  'WAWebMsgKey',
  'WAWebMsgKey.newId',
  'WAWebCollections.Msg.get',
  'WAWebCollections.Chat.get',
  'WAWebChatGetters.getIsNewsletter',
  'WAWebChatGetters.getIsBroadcast',
  'WALinkify.findLink',
  'WAWebWidFactory.createWid',
  'WAWebWidFactory.asUserWidOrThrow',
  'WAWebUserPrefsMeUser.getMaybeMePnUser',
  'WAWebUserPrefsMeUser.getMaybeMeLidUser',
  'WAWebGetEphemeralFieldsMsgActionsUtils.getEphemeralFields',
];

/** New messages. */
export const SEND_CAPABILITIES: readonly Capability[] = [
  {
    name: 'send_text',
    does: 'adds a text to a chat and sends it',
    kinds: ['text'],
    needs: SENDING,
    probes: ['keyText'],
    patches: [],
    assumptions: [
      {
        text: '`addAndSendMsgToChat(chat, message)` gives two promises: the message in its chat, and the result of the send',
        grade: 'confirmed',
        source: '`WAWebSendMsgChatAction` (jigger@0fbd5e1a)',
      },
      {
        text: '`getMaybeMePnUser()` and `getMaybeMeLidUser()` are the account that is linked now, also right after another one was',
        grade: 'likely',
        source: '`WAWebUserPrefsMeUser` (jigger@0fbd5e1a)',
      },
      {
        text: 'the text of a key is `fromMe_chat_id`, with the author in a group',
        grade: 'confirmed',
        source: '`WAWebMsgKey` (jigger@0fbd5e1a)',
      },
      {
        text: 'a server that gets a second stanza under the same id takes it for a duplicate',
        grade: 'unknown',
        source: 'the button of the page does the same: `WAWebResendMsgAction` (jigger@0fbd5e1a)',
      },
    ],
  },
  {
    name: 'chosen_ids',
    does: 'chooses the id of a message before it is sent, and calls a send off',
    kinds: [],
    needs: ['WAWebSendMsgChatAction.addAndSendMsgToChat', 'WAWebMsgKey'],
    probes: ['replaceableAdd'],
    patches: [],
    assumptions: [
      {
        text: '`addAndSendMsgToChat` can be replaced at run time, and a chosen `3EB0…` id is kept',
        grade: 'confirmed',
        source: '`WAWebSendMsgChatAction` (jigger@0fbd5e1a)',
      },
    ],
  },
  {
    name: 'send_media',
    does: 'uploads a medium and sends it',
    kinds: ['media'],
    needs: [
      ...SENDING,
      'WAWebMediaOpaqueData.createFromData',
      'WAWebPrepRawMedia.prepRawMedia',
      'WAWebMediaStorage.getOrCreateMediaObject',
      'WAWebMmsMediaTypes.msgToMediaType',
      'WAWebMmsMediaTypes.castToV4',
      'WAWebMediaDataUtils.shouldUseMediaCache',
      'WAWebMediaInMemoryBlobCache.InMemoryMediaBlobCache.put',
      'WAWebMediaMmsV4Upload.uploadMedia',
    ],
    probes: ['keyText', 'mediaModel'],
    patches: [
      {
        text: 'an `__x_id` of the medium is dropped before the message is added',
        file: 'page/send-hook.ts (INSTALL_SEND_HOOK)',
        standsDown: 'the model of a medium has no own `__x_id`: there is nothing to drop',
      },
    ],
    assumptions: [
      {
        text: 'a model of a medium may carry `__x_id`, which replaces the id of the message (since 2.3000.1047775310)',
        grade: 'confirmed',
        source: 'wwebjs#201922, wwebjs#201923',
      },
      {
        text: 'a medium is uploaded before its message is added, and nothing is sent by the upload',
        grade: 'likely',
        source: '`WWebJS.processMediaData` (whatsapp-web.js 1.34.7)',
      },
    ],
  },
  {
    name: 'send_location',
    does: 'sends a place',
    kinds: ['location'],
    needs: [
      ...SENDING,
      'WAWebBackendJobsCommon.mediaTypeFromProtobuf',
      'WAWebE2EProtoUtils.typeAttributeFromProtobuf',
    ],
    probes: ['keyText'],
    patches: [],
    assumptions: [
      {
        text: 'a place goes out as a text stanza without a media type, once two functions of the page are wrapped',
        grade: 'likely',
        source: '`WWebJS.injectToFunction` (whatsapp-web.js 1.34.7)',
      },
    ],
  },
  {
    name: 'send_contact',
    does: 'sends a contact card',
    kinds: ['contact'],
    needs: SENDING,
    probes: ['keyText'],
    patches: [],
    assumptions: [
      {
        text: 'a message of type `vcard` with a vCard 3.0 as its body is shown as a contact',
        grade: 'likely',
        source: '`WWebJS.sendMessage` (whatsapp-web.js 1.34.7)',
      },
    ],
  },
  {
    name: 'link_preview',
    does: 'adds the preview of a link; a message goes without it otherwise',
    kinds: [],
    needs: ['WALinkify.findLink', 'WAWebLinkPreviewChatAction.getLinkPreview'],
    probes: [],
    patches: [],
    assumptions: [
      {
        text: '`getLinkPreview(link)` gives `{ data }`, which a message takes as it is',
        grade: 'likely',
        source: '`WAWebLinkPreviewChatAction` (jigger@0fbd5e1a)',
      },
    ],
  },
  {
    name: 'recipients',
    does: 'asks for the address of a number, and opens its chat',
    kinds: ['text', 'media', 'location', 'contact'],
    needs: [
      'WAWebQueryExistsJob.queryWidExists',
      'WAWebFindChatAction.findOrCreateLatestChat',
      'WAWebWidFactory.createWid',
    ],
    probes: [],
    patches: [],
    assumptions: [
      {
        text: '`queryWidExists(wid)` gives `{ wid }`, which may be a LID; nothing for a number without an account; throws on an error of the server',
        grade: 'confirmed',
        source: '`WAWebQueryExistsJob` (jigger@0fbd5e1a)',
      },
      {
        text: '`getCurrentLid` and `getPhoneNumber` give a pair that the page has learned, and nothing for any other id',
        grade: 'confirmed',
        source: '`WAWebApiContact`, `WAWebLidPnCache` (jigger@0fbd5e1a)',
      },
    ],
  },
];
