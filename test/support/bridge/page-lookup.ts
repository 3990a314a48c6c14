import {
  type FoundMessage,
  type OwnMessage,
  readFound,
  readMessage,
} from '../../../services/bridge/page/data.ts';
import type { SendWord } from '../../../services/bridge/page/errors.ts';
import type { Phone } from '../../../services/sandbox/phone/phone.ts';
import { numberOf } from '../../../services/sandbox/web/people/directory.ts';
import type { SendMode } from '../../../services/sandbox/web/policy.ts';
import type { PageLoad } from './page-load.ts';
import { type HeldMessage, type PageMessages, rawOf } from './page-messages.ts';

/** How the last send of a message ended, if it did not go well. */
type EndOf = (id: string) => SendWord | undefined;

/** How long WhatsApp lets one's own message be changed, and be deleted for everyone. */
const EDIT_SECONDS = 15 * 60;
const REVOKE_SECONDS = 60 * 3600;

/** A message by its serialized id, or by its stanza id in a chat: one's own first. `pn` is this account. */
export function findIn(
  messages: PageMessages,
  wanted: string,
  address: string,
  pn: string,
  endOf: EndOf,
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
  const { body = '', t, type, ack, id, key, from_me, chat_id, author, errorCode } = message;
  return readFound({
    id: { _serialized: id, id: key, fromMe: from_me, remote: chat_id, participant: author },
    ...{ t, type, ack, body, mayEdit: mayEdit(message), mayRevoke: mayRevoke(message) },
    ...{ ...failureOf(message, endOf), isEditFailed: ack > 0 && message.isSendFailure === true, errorCode },
  });
}

/** What a WhatsApp Web of this account has sent to a chat since a time (Unix, in seconds), oldest first. */
export function ownSinceIn(
  messages: PageMessages,
  address: string,
  since: number,
  endOf: EndOf,
): OwnMessage[] {
  if (!messages.hasChat(address)) return [];
  while (!messages.inChat(address).some(({ t }) => t < since)) if (messages.loadEarlier(address) === 0) break;
  return messages
    .inChat(address)
    .filter(({ from_me, t, key }) => from_me && t >= since && key.startsWith('3EB0'))
    .sort((a, b) => a.t - b.t)
    .map((message) => ({ ...readMessage(rawOf(message)), ...failureOf(message, endOf) }));
}

/** Whether the page has given up an own message, and whether the server certainly does not have it. */
export function failureOf(
  { id, from_me, ack, isSendFailure }: HeldMessage,
  endOf: EndOf,
): Pick<FoundMessage, 'isFailed' | 'isRefused'> {
  const result = endOf(id)?.result;
  const isRefused = from_me && (ack < 0 || (ack === 0 && result === 'REJECTED'));
  const isFailed = from_me && ack === 0 && (isSendFailure === true || result === 'NOT_SENT');
  return { isFailed: isRefused || isFailed, isRefused };
}

/** How the page model changes messages that are there. Without a server, each kind of change ends in a way of its own. */
export class PageChanges {
  readonly #phone: Phone;
  readonly #messages: PageMessages;
  readonly #load: PageLoad;
  readonly #mode: () => SendMode;

  constructor(phone: Phone, messages: PageMessages, load: PageLoad, mode: () => SendMode) {
    this.#phone = phone;
    this.#messages = messages;
    this.#load = load;
    this.#mode = mode;
  }

  react(message: HeldMessage | undefined, text: string): void {
    if (message === undefined) return;
    this.#checkBlocked();
    if (this.#mode() === 'fail-network') throw new Error('Reaction send error');
    const [{ pn: from } = { pn: '' }] = this.#phone.state.devices.values();
    this.#phone.write({ kind: 'reaction', id: message.id, from, text }, message.chat_id);
  }

  /** It is shown before the server has it, and the library hears nothing of a failure. */
  edit(message: HeldMessage | undefined, body: string): boolean {
    if (message === undefined || !mayEdit(message)) return false;
    const { id, chat_id } = message;
    const isSendFailure = this.#mode() === 'fail-network';
    this.#messages.change(id, { body, isSendFailure });
    if (isSendFailure) return true;
    this.#checkBlocked();
    this.#phone.write({ kind: 'edited', id, body }, chat_id);
    return true;
  }

  async revoke(message: HeldMessage | undefined, notAfter: number): Promise<boolean> {
    if (message === undefined) return false;
    const { id, chat_id, type } = message;
    if (!mayRevoke(message)) {
      this.#messages.remove(id);
      return type === 'revoked';
    }
    while (this.#mode() === 'fail-network') {
      if (Date.now() >= notAfter) return false;
      await this.#load.sleep(10);
    }
    this.#phone.write({ kind: 'revoked', id }, chat_id);
    this.#messages.change(id, { type: 'revoked', body: undefined });
    return true;
  }

  #checkBlocked(): void {
    if (this.#mode() === 'blocked') throw new Error('Contact is blocked');
  }
}

function mayEdit(message: HeldMessage): boolean {
  return isOwnOf(message, EDIT_SECONDS) && message.type === 'chat';
}

function mayRevoke(message: HeldMessage): boolean {
  return isOwnOf(message, REVOKE_SECONDS) && message.type !== 'revoked';
}

function isOwnOf({ from_me, ack, t }: HeldMessage, lastSeconds: number): boolean {
  return from_me && ack >= 0 && Date.now() / 1000 - t < lastSeconds;
}

/** The id of the chat at an address: the number, also where a LID is given, as in an account that is not migrated. */
export function chatOf(address: string): string {
  const number = address.endsWith('@lid') ? numberOf(address.replace('@lid', '')) : undefined;
  return number === undefined ? address : `${number}@c.us`;
}
