import type { WireMessage } from '../wire.ts';
import { numberOf } from './directory.ts';

/** The types of messages that nobody wrote. Source: `WAWebMsgType.SYSTEM_MESSAGE_TYPES` (jigger@0fbd5e1a). */
export const SYSTEM_MESSAGE_TYPES: readonly string[] = [
  'broadcast_notification',
  'call_log',
  'debug',
  'e2e_notification',
  'gp2',
  'newsletter_notification',
  'notification',
  'notification_template',
  'protocol',
  'pinned_message',
  'poll_add_option_decrypted',
];

/**
 * The system messages with which a chat begins: in a chat with a person that it is encrypted and, when the person wrote
 * first, the card of an unknown contact; in a group that it was created.
 * Source: `WAWebCreateChat`, `WAWebInitialSystemMsg`, `WAWebContactSystemMsg` (jigger@0fbd5e1a).
 */
export function chatStart(chatId: string, t: number, isStartedByMe: boolean): WireMessage[] {
  const [user = '', server = ''] = chatId.split('@');
  const digits = server === 'lid' ? (numberOf(user) ?? user) : user;
  const message = (n: number, type: string, subtype: string): WireMessage => {
    // The real key is random. This one is the same after a reload, so that no system message appears twice.
    const key = `3EB0${n}${BigInt(digits).toString(16).toUpperCase().padStart(17, '0')}`;
    const details = { subtype, templateParams: [] };
    return { id: `false_${chatId}_${key}`, key, from_me: false, chat_id: chatId, type, t, ack: 0, details };
  };
  if (!/^\d+$/.test(digits)) return [];
  if (server === 'g.us') return [message(0, 'gp2', 'create')];
  if (server !== 'c.us' && server !== 'lid') return [];
  const isEncrypted = message(0, 'e2e_notification', 'encrypt');
  return isStartedByMe
    ? [isEncrypted]
    : [isEncrypted, message(1, 'notification_template', 'contact_info_card')];
}
