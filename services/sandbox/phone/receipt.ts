import type { SendMode } from '../web/policy.ts';
import type { PhoneState } from './phone-state.ts';

/** Whether the phone took a message in; all but `received` are for misbehaviour. */
export type Receipt = 'received' | 'unacknowledged' | 'refused' | 'restricted' | 'capped';

/** Why the server refuses a new message to this chat; undefined when it accepts it. */
export function refusalOf(chatId: string, mode: SendMode, state: PhoneState): Receipt | undefined {
  const isGroup = chatId.endsWith('@g.us');
  const hasWritten = () => state.messagesOf(chatId).some(({ origin }) => origin === 'contact');
  if (mode === 'fail-result') return 'refused';
  if (mode === 'restrict-cold' && !isGroup && !hasWritten()) return 'restricted';
  if (mode === 'cap-new-chats' && !isGroup && state.chat(chatId) === undefined) return 'capped';
  return undefined;
}
