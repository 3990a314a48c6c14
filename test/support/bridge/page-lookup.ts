import { type FoundMessage, readFound, readMessage } from '../../../services/bridge/page/data.ts';
import type { WhatsAppMessage } from '../../../services/contract/events.ts';
import type { WireMessage } from '../../../services/sandbox/web/wire.ts';
import { type PageMessages, rawOf } from './page-messages.ts';

/** How long WhatsApp lets one's own message be changed, and be deleted for everyone. */
const EDIT_SECONDS = 15 * 60;
const REVOKE_SECONDS = 60 * 3600;

/** A message by its serialized id, or by its stanza id in a chat: one's own first. `pn` is this account. */
export function findIn(
  messages: PageMessages,
  wanted: string,
  address: string,
  pn: string,
): FoundMessage | undefined {
  const held = messages.all().filter(({ id, key }) => id === wanted || key === wanted);
  const isWhole = wanted.includes('_');
  const group = address.endsWith('@g.us') ? `_${pn}` : '';
  const own = isWhole ? wanted : `true_${address}_${wanted}${group}`;
  const theirs = isWhole || group !== '' ? undefined : `false_${address}_${wanted}`;
  const message =
    held.find(({ from_me }) => from_me) ??
    messages.load(own) ??
    held[0] ??
    (theirs === undefined ? undefined : messages.load(theirs));
  if (message === undefined) return undefined;
  const { body = '', t, type, ack, id, key, from_me, chat_id, author } = message;
  return readFound({
    id: { _serialized: id, id: key, fromMe: from_me, remote: chat_id, participant: author },
    ...{ t, type, ack, body, mayEdit: mayEdit(message), mayRevoke: mayRevoke(message) },
  });
}

/** What a WhatsApp Web of this account has sent to a chat since a time (Unix, in seconds), oldest first. */
export function ownSinceIn(messages: PageMessages, address: string, since: number): WhatsAppMessage[] {
  if (!messages.hasChat(address)) return [];
  while (!messages.inChat(address).some(({ t }) => t < since)) if (messages.loadEarlier(address) === 0) break;
  return messages
    .inChat(address)
    .filter(({ from_me, t, key }) => from_me && t >= since && key.startsWith('3EB0'))
    .sort((a, b) => a.t - b.t)
    .map((message) => readMessage(rawOf(message)));
}

export function mayEdit(message: WireMessage): boolean {
  return isOwnOf(message, EDIT_SECONDS) && message.type === 'chat';
}

export function mayRevoke(message: WireMessage): boolean {
  return isOwnOf(message, REVOKE_SECONDS) && message.type !== 'revoked';
}

function isOwnOf({ from_me, ack, t }: WireMessage, lastSeconds: number): boolean {
  return from_me && ack >= 0 && Date.now() / 1000 - t < lastSeconds;
}
