import type { Capability } from './capability.ts';
import { KEY_ALIAS } from './change-capabilities.ts';

/** What is read, and what is heard. */
export const READ_CAPABILITIES: readonly Capability[] = [
  {
    name: 'lookup',
    does: 'finds a message by its id, to learn what became of a send and what may be done to it',
    kinds: ['reaction', 'edit', 'delete'],
    needs: [
      'WAWebCollections.Msg.getModelsArray',
      'WAWebCollections.Msg.getMessagesById',
      'WAWebWidFactory.createWid',
      'WAWebApiContact.getPhoneNumber',
      'WAWebApiContact.getCurrentLid',
      'WAWebUserPrefsMeUser.getMaybeMePnUser',
      'WAWebUserPrefsMeUser.getMaybeMeLidUser',
      'WAWebMsgActionCapability.canEditText',
      'WAWebMsgActionCapability.canSenderRevokeMsg',
      'WAWebMsgActionCapability.canAdminRevokeMsg',
    ],
    probes: ['messagesListed', 'messageFound'],
    patches: [],
    assumptions: [
      {
        text: '`getMessagesById(texts)` gives the messages of the local database; a made-up id gives none',
        grade: 'confirmed',
        source: '`WAWebMsgCollection` (jigger@0fbd5e1a)',
      },
      {
        text: '`Msg.get(text)` finds a message right after its send; it may be kept under the other address of the person',
        grade: 'likely',
        source: 'wwebjs#201839',
      },
    ],
  },
  {
    name: 'own_chat',
    does: 'finds messages to oneself',
    kinds: [],
    needs: ['WAWebMsgKey', 'WAWebUserPrefsMeUser.getMaybeMePnUser'],
    probes: ['ownKey'],
    patches: [],
    assumptions: [
      {
        text: 'the key of a message to oneself ends with `_out`, and its ack jumps to 3',
        grade: 'confirmed',
        source: '`WAWebMsgKey` (jigger@0fbd5e1a)',
      },
    ],
  },
  {
    name: 'own_lid',
    does: 'knows this account by its LID, too',
    kinds: [],
    needs: ['WAWebUserPrefsMeUser.getMaybeMeLidUser'],
    probes: ['ownLid'],
    patches: [],
    assumptions: [
      {
        text: 'chats of most accounts are kept under a LID; `getCurrentLid` and `getPhoneNumber` lead from one address to the other',
        grade: 'confirmed',
        source: '`WAWebFindChatAction`, `WAWebApiContact` (jigger@0fbd5e1a)',
      },
    ],
  },
  {
    name: 'people',
    does: 'knows a person by number and by LID, and by name, in all that it reports',
    kinds: [],
    needs: [
      'WAWebWidFactory.createWid',
      'WAWebApiContact.getPhoneNumber',
      'WAWebApiContact.getCurrentLid',
      'WAWebCollections.Contact.get',
      'WAWebUserPrefsMeUser.getMaybeMePnUser',
      'WAWebUserPrefsMeUser.getMaybeMeLidUser',
    ],
    probes: ['ownPair'],
    patches: [
      {
        text: 'each message, reaction and call that the library reports carries what the page knows of its people',
        file: 'page/people/people.ts (INSTALL_PEOPLE)',
        standsDown: 'never; without an export, only what that export gives is missing',
      },
    ],
    assumptions: [
      {
        text: '`getPhoneNumber` and `getCurrentLid` answer at once, from memory; a LID may lead to a number that has another LID by now',
        grade: 'confirmed',
        source: '`WAWebApiContact` (getPnIfLidIsLatestMapping), `WAWebLidPnCache` (jigger@0fbd5e1a)',
      },
      {
        text: '`name` of a contact is the name in the contacts of the phone, and `pushname` is the name that its owner has chosen',
        grade: 'likely',
        source: '`WAWebContactModel`, `WAWebContactGetters` (jigger@0fbd5e1a)',
      },
    ],
  },
  {
    name: 'acks',
    does: 'hears how far a message has come; without it nothing is sent',
    kinds: [],
    needs: ['WAWebCollections.Msg.on', 'WAWebCollections.Msg.getModelsArray'],
    probes: ['messagesListed'],
    patches: [],
    assumptions: [
      {
        text: 'a change of `ack` on a message is an event of its collection: 1 server, 2 delivered, 3 read, 4 played',
        grade: 'likely',
        source: '`Client.attachEventListeners` (whatsapp-web.js 1.34.7)',
      },
    ],
  },
  {
    name: 'inbound',
    does: 'hears incoming messages; without it the session is not ready',
    kinds: [],
    needs: ['WAWebCollections.Msg.on', 'WAWebCollections.Chat.on', 'WAWebConnModel.Conn.on'],
    probes: ['listening', 'heard'],
    patches: [],
    assumptions: [
      {
        text: 'the page does not wait for listeners: what comes before they are attached is not heard',
        grade: 'confirmed',
        source: 'wa-js#3567',
      },
      {
        text: 'a message is announced before it is stored, with `isNewMsg`',
        grade: 'confirmed',
        source: '`WAWebSendMsgChatAction` (jigger@0fbd5e1a)',
      },
    ],
  },
  {
    name: 'inbound_reactions',
    does: 'hears reactions of others',
    kinds: [],
    needs: ['WAWebAddonReactionTableMode.reactionTableMode.bulkUpsert'],
    probes: ['keyAlias'],
    patches: [KEY_ALIAS],
    assumptions: [
      {
        text: 'each reaction passes through `reactionTableMode.bulkUpsert`, with the key of its message',
        grade: 'likely',
        source: '`Client.attachEventListeners` (whatsapp-web.js 1.34.7)',
      },
    ],
  },
  {
    name: 'calls',
    does: 'hears incoming calls',
    kinds: [],
    needs: ['WAWebCallCollection:object'],
    probes: ['callsMap', 'callsHeard'],
    patches: [],
    assumptions: [
      {
        text: 'an incoming call becomes the active call by `setActiveCall`, which triggers `change:activeCall`, or is added by `add`',
        grade: 'confirmed',
        source: '`WAWebCallCollection` (jigger@0fbd5e1a)',
      },
      {
        text: 'the collection of calls is in a chunk that may load later, and `setActiveCall` goes past its Map',
        grade: 'confirmed',
        source: 'wa-js#3567',
      },
    ],
  },
  {
    name: 'backfill',
    does: 'lists chats and their messages, and reads missed messages',
    kinds: [],
    needs: [
      'WAWebCollections.Chat.getModelsArray',
      'WAWebCollections.Chat.get',
      'WAWebWidFactory.createWid',
      'WAWebChatLoadMessages.loadEarlierMsgs',
    ],
    probes: [],
    patches: [],
    assumptions: [
      {
        text: '`loadEarlierMsgs({ chat })` reads the local database only',
        grade: 'confirmed',
        source: '`WAWebChatLoadMessages` (jigger@0fbd5e1a)',
      },
      {
        text: 'a read of `status@broadcast` soon after the link may get the device unlinked',
        grade: 'unknown',
        source: 'OpenWA#1040, OpenWA#1070',
      },
    ],
  },
];
