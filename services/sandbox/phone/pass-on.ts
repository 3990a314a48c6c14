import type { Account } from './account.ts';
import type { PhoneMessage } from './journal-records.ts';

/**
 * What other accounts hear of a new message of one account: the owner of a number what is written to it, and everybody who
 * has a group among their chats what is written there. A group message has the same id for all who hear it.
 */
export function heardByOthers(
  from: Account,
  message: PhoneMessage,
  accounts: readonly Account[],
): [Account, PhoneMessage][] {
  const isGroup = message.chat_id.endsWith('@g.us');
  const heard = message.from_me ? asHeard(from, message, isGroup) : { ...message, delivered: false };
  if (!isGroup && !message.from_me) return [];
  return accounts
    .filter((other) => other !== from && heard.author !== other.state.pn)
    .filter(({ state }) =>
      isGroup ? state.chat(message.chat_id) !== undefined : message.chat_id === state.pn,
    )
    .map((other) => [other, heard]);
}

function asHeard(from: Account, message: PhoneMessage, isGroup: boolean): PhoneMessage {
  const { pn, pushname } = from.state;
  const { key, type, body, t, details } = message;
  const chat_id = isGroup ? message.chat_id : pn;
  return {
    id: `false_${chat_id}_${key}${isGroup ? `_${pn}` : ''}`,
    ...{ key, type, body, t, details, chat_id },
    from_me: false,
    author: isGroup ? pn : undefined,
    name: pushname,
    ack: 1,
    origin: 'contact',
    received_at: message.received_at,
    delivered: false,
  };
}
