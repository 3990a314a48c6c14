import { readMessage, readMessageIds } from '../../../services/bridge/page/data.ts';
import type { InboundEvent } from '../../../services/bridge/page/inbound-events.ts';
import { readHistory } from '../../../services/sandbox/phone/history.ts';
import type { Phone } from '../../../services/sandbox/phone/phone.ts';
import type { WireMessage } from '../../../services/sandbox/web/wire.ts';

/** How many messages a page holds after a load, and how many each later look back brings. */
const HISTORY_COUNT = 200;

/** A message as a page holds it. */
export interface HeldMessage extends WireMessage {
  /** The page has given up sending it; or, when the server has it, its last edit. */
  readonly isSendFailure?: boolean;
  readonly errorCode?: string;
}

/** The messages and chats that one load of the page model holds, as `services/sandbox/web/messages.ts` holds them. */
export class PageMessages {
  readonly #phone: Phone;
  readonly #tell: (event: InboundEvent) => void;
  readonly #held = new Map<string, HeldMessage>();
  readonly #chats = new Map<string, Set<string>>();
  /** Acks of messages that were not held when they came. */
  readonly #missedAcks = new Map<string, number>();

  /** `tell` gets what the library would announce. */
  constructor(phone: Phone, tell: (event: InboundEvent) => void) {
    this.#phone = phone;
    this.#tell = tell;
  }

  /** Brings back what this account said and heard before the page was loaded. */
  hydrate(kept: readonly HeldMessage[]): void {
    const past = readHistory(this.#phone, { count: HISTORY_COUNT });
    for (const { id } of past.chats) this.openChat(id);
    for (const message of [...past.messages, ...kept]) this.show(message, false);
  }

  get(id: string): HeldMessage | undefined {
    return this.#held.get(id);
  }

  all(): HeldMessage[] {
    return [...this.#held.values()];
  }

  hasChat(chatId: string): boolean {
    return this.#chats.has(chatId);
  }

  openChat(chatId: string): void {
    if (!this.#chats.has(chatId)) this.#chats.set(chatId, new Set());
  }

  /** The messages of a chat, in the order in which the page got them. */
  inChat(chatId: string): HeldMessage[] {
    return [...(this.#chats.get(chatId) ?? [])]
      .map((id) => this.#held.get(id))
      .filter((one) => one !== undefined);
  }

  /** Shows a message: as a new one, which the library announces, or as one of the history. Twice is once. */
  show(wire: HeldMessage, isNew: boolean): void {
    this.openChat(wire.chat_id);
    this.#chats.get(wire.chat_id)?.add(wire.id);
    if (!this.#hold(wire, isNew) || !isNew) return;
    const message = readMessage(rawOf(wire));
    this.#tell({ kind: wire.from_me ? 'message_sent' : 'message', message });
  }

  /** The message of this serialized id, from the phone if the page does not hold it. */
  load(id: string): HeldMessage | undefined {
    // Into no chat: there it would stand out of order.
    for (const message of this.#phone.shown(this.#phone.state.find([id]))) this.#hold(message, false);
    return this.#held.get(id);
  }

  /** Brings earlier messages of a chat; gives how many. */
  loadEarlier(chatId: string): number {
    const held = this.inChat(chatId);
    const before = held.length === 0 ? null : Math.min(...held.map(({ t }) => t));
    const wanted = { count: HISTORY_COUNT, chat_id: chatId, held: held.map(({ id }) => id), before };
    const { messages } = readHistory(this.#phone, wanted);
    for (const message of messages) this.show(message, false);
    return messages.length;
  }

  setAck(id: string, ack: number): void {
    const message = this.#held.get(id);
    if (message === undefined) this.#missedAcks.set(id, ack);
    else if (message.ack < ack || (ack === -1 && message.ack !== -1)) {
      this.change(id, { ack });
      this.#tell({ kind: 'ack', message: readMessageIds(rawOf(message)), ack });
    }
  }

  change(id: string, change: Partial<HeldMessage>): void {
    const message = this.#held.get(id);
    if (message !== undefined) this.#held.set(id, { ...message, ...change });
  }

  remove(id: string): void {
    this.#held.delete(id);
    for (const ids of this.#chats.values()) ids.delete(id);
  }

  /** Whether it was not held before. What comes from the database without an ack is marked as failed. */
  #hold(wire: HeldMessage, isNew: boolean): boolean {
    if (this.#held.has(wire.id)) return false;
    const ack = Math.max(wire.ack, this.#missedAcks.get(wire.id) ?? wire.ack);
    const failure = !isNew && wire.from_me && ack === 0 ? { isSendFailure: true } : {};
    this.#held.set(wire.id, { ...wire, ack, ...failure });
    return true;
  }
}

/** A message in the form in which the library gives it to the bridge. */
export function rawOf({
  id,
  key,
  from_me,
  chat_id,
  author,
  name,
  type,
  body,
  t,
  ack,
  details,
  isSendFailure,
  errorCode,
}: HeldMessage): object {
  return {
    ...details,
    id: { _serialized: id, id: key, fromMe: from_me, remote: chat_id, participant: author },
    type,
    body,
    t,
    ack,
    author,
    isSendFailure,
    errorCode,
    notifyName: name,
  };
}
