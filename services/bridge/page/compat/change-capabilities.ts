import type { Capability, Patch } from './capability.ts';

/** How a message is found by its id, in the library and in the kit. */
const FINDING = ['WAWebCollections.Msg.get', 'WAWebCollections.Msg.getMessagesById'];

/** Shared by all that the library does to a message by the text of its key. */
export const KEY_ALIAS: Patch = {
  text: 'each key gets an own, enumerable `_serialized`',
  file: 'page/ids.ts (INSTALL_KEY_ALIAS)',
  standsDown: 'a new key has an own `_serialized` already',
};

/** What is done with messages that are there. */
export const CHANGE_CAPABILITIES: readonly Capability[] = [
  {
    name: 'reply',
    does: 'answers a message',
    kinds: ['reply'],
    needs: [...FINDING, 'WAWebMsgReply.canReplyMsg'],
    probes: ['messageFound'],
    patches: [],
    assumptions: [
      {
        text: '`msgContextInfo(chat)` of a message is what an answer to it carries',
        grade: 'likely',
        source: '`WWebJS.sendMessage` (whatsapp-web.js 1.34.7)',
      },
    ],
  },
  {
    name: 'edit',
    does: 'changes the words of a message',
    kinds: ['edit'],
    needs: [
      ...FINDING,
      'WAWebMsgActionCapability.canEditText',
      'WAWebMsgActionCapability.canEditCaption',
      'WAWebSendMessageEditAction.sendMessageEdit',
    ],
    probes: ['keyAlias', 'messageFound'],
    patches: [KEY_ALIAS],
    assumptions: [
      {
        text: '`sendMessageEdit(message, text, options)` changes the message of this key',
        grade: 'confirmed',
        source: '`WAWebSendMessageEditAction` (jigger@0fbd5e1a)',
      },
      {
        text: 'the text of a key is in `$1` and `toString()`, and no longer in `_serialized` (since 2.3000.1042401057)',
        grade: 'confirmed',
        source: '`WAWebMsgKey` (jigger@0fbd5e1a); wa-js#3484, wwebjs#201848',
      },
    ],
  },
  {
    name: 'revoke',
    does: 'deletes a message for everyone',
    kinds: ['delete'],
    needs: [
      ...FINDING,
      'WAWebCollections.Chat.get',
      'WAWebMsgActionCapability.canSenderRevokeMsg',
      'WAWebMsgActionCapability.canAdminRevokeMsg',
      'WAWebCmd.Cmd.sendRevokeMsgs',
    ],
    probes: ['keyAlias', 'messageFound', 'version'],
    patches: [KEY_ALIAS],
    assumptions: [
      {
        text: '`Cmd.sendRevokeMsgs` only triggers an event: the message is deleted when its type is `revoked`',
        grade: 'confirmed',
        source: '`WAWebCmd` (jigger@0fbd5e1a)',
      },
    ],
  },
  {
    name: 'react',
    does: 'reacts to a message',
    kinds: ['reaction'],
    needs: [...FINDING, 'WAWebSendReactionMsgAction.sendReactionToMsg'],
    probes: ['messageFound'],
    patches: [],
    assumptions: [
      {
        text: '`sendReactionToMsg(message, emoji)` replaces the reaction of this account; an empty one takes it back',
        grade: 'likely',
        source: '`Client.sendReaction` (whatsapp-web.js 1.34.7)',
      },
      {
        text: '`sendReactionToMsg`, `sendMessageEdit` and `Cmd.sendRevokeMsgs` can be replaced at run time, so that the account is checked in the moment of the change',
        grade: 'likely',
        source: '`WAWebSendReactionMsgAction`, `WAWebSendMessageEditAction`, `WAWebCmd` (jigger@0fbd5e1a)',
      },
    ],
  },
  {
    name: 'resend',
    does: 'sends a message that failed again, under its own id',
    kinds: [],
    needs: ['WAWebResendMsgAction.resendMsg'],
    probes: [],
    patches: [],
    assumptions: [
      {
        text: '`resendMsg(message)` acts only where the send has failed (ack below 0, or `isSendFailure`)',
        grade: 'confirmed',
        source: '`WAWebResendMsgAction` (jigger@0fbd5e1a)',
      },
    ],
  },
];
