/**
 * Types of messages that nobody wrote: notices of the page, entries of the call log, protocol messages. The page's models
 * have no `isNotification`.
 * Source: `WAWebMsgType` SYSTEM_MESSAGE_TYPES, `WAWebCommonMsgUtils` isNotificationType (jigger@0fbd5e1a).
 */
export const SYSTEM_TYPES: readonly string[] = [
  'broadcast_notification',
  'call_log',
  'debug',
  'debug_placeholder',
  'e2e_notification',
  'gp2',
  'group-history',
  'history_bundle',
  'message_history_notice',
  'newsletter_notification',
  'notification',
  'notification_template',
  'pinned_message',
  'poll_add_option_decrypted',
  'protocol',
];

/** Whether a message of this type is a notice of the page, which is no message of anybody. */
export function isSystemType(type: string): boolean {
  return SYSTEM_TYPES.includes(type);
}

/** For source text that runs in the page: `isSystem(msg)` tells the same of a message of the page. */
export const IS_SYSTEM = `
  const isSystem = (msg) => ${JSON.stringify(SYSTEM_TYPES)}.includes(msg.type);`;
