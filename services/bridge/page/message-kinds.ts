/**
 * Types of messages that nobody wrote: system lines, call logs, placeholders of what cannot be read yet, and messages that
 * only change or comment on another one. A model of a message does not have `isNotification`.
 *
 * Source: `WAWebMsgType` (SYSTEM_MESSAGE_TYPES), `WAWebCommonMsgUtils` (isNotificationType, isPlaceholderMsg),
 * `WAWebMsgModel` (jigger@0fbd5e1a).
 */
const NOT_WRITTEN = [
  ...['broadcast_notification', 'call_log', 'debug', 'e2e_notification', 'gp2', 'newsletter_notification'],
  ...['notification', 'notification_template', 'protocol', 'pinned_message', 'poll_add_option_decrypted'],
  ...['group-history', 'history_bundle', 'message_history_notice', 'status_notification'],
  ...['guest_upsell_system_msg', 'biz_content_placeholder', 'ciphertext', 'debug_placeholder'],
  ...['reaction', 'reaction_enc', 'message_edit_encrypted', 'keep_in_chat', 'pin_message'],
  ...['poll_update', 'poll_edit_encrypted', 'poll_add_option_encrypted', 'poll_result_snapshot'],
  ...['event_edit_encrypted', 'event_response'],
] as const;

/**
 * For source text that runs in the page: `isWritten(msg)` says whether somebody wrote this message. A deleted message counts,
 * and so does a type that this list does not know.
 */
export const IS_WRITTEN = `
  const notWritten = new Set(${JSON.stringify(NOT_WRITTEN)});
  const isWritten = (msg) => !notWritten.has(msg.type);`;

/** Whether somebody wrote a message of this type: the same as `isWritten` in the page. */
export function isWrittenType(type: string): boolean {
  const notWritten: readonly string[] = NOT_WRITTEN;
  return !notWritten.includes(type);
}
