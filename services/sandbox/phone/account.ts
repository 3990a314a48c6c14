import type { Policy } from '../web/policy.ts';
import type { WireMessage } from '../web/wire.ts';
import { AckSchedule } from './ack-schedule.ts';
import type { Command, ConnectedPages, Page } from './connected-pages.ts';
import { DeliveryQueue } from './delivery-queue.ts';
import type { PhoneMessage, PhoneRecord } from './journal-records.ts';
import type { MediaStore } from './media-store.ts';
import { PhoneState } from './phone-state.ts';
import { type Receipt, refusalOf } from './receipt.ts';

/** What an account takes from the server that all accounts share. */
export interface AccountServer {
  readonly pages: ConnectedPages;
  readonly media: MediaStore;
  readonly policy: Policy;
  readonly isOffline: boolean;
  /** The latest page of an account. */
  pageOf(account: Account): Page | undefined;
  /** Writes a record of this account to the journal, and applies it. */
  record(account: Account, record: PhoneRecord, chatId?: string): void;
  /** Lets the other accounts hear a new message that one account has written. */
  passOn(from: Account, message: PhoneMessage): void;
}

/**
 * The account of one phone: its devices, chats and messages, what waits for its pages, and the receipts of its messages.
 * It shares nothing with another account but the media files, which are named by their content. The ids of messages are
 * unique within an account only: a group message has one id in all of them.
 */
export class Account {
  /** The digits under which the account is registered. */
  readonly number: string;
  readonly state: PhoneState;
  readonly delivery = new DeliveryQueue();
  readonly #server: AccountServer;
  readonly #ackSchedule: AckSchedule;
  /** By message: the connection that waits for the server's answer. */
  readonly #senders = new Map<string, Page | undefined>();

  constructor(number: string, server: AccountServer) {
    this.number = number;
    this.state = new PhoneState(number);
    this.#server = server;
    this.#ackSchedule = new AckSchedule((id, ack) => this.acknowledge(id, ack));
  }

  get media(): MediaStore {
    return this.#server.media;
  }

  get isLinked(): boolean {
    return this.state.devices.size > 0;
  }

  /** The latest page of this account, if it is up and may be told things. */
  get audience(): Page | undefined {
    const page = this.#server.pageOf(this);
    const isLinked = page?.deviceId === undefined || this.state.devices.has(page.deviceId);
    return page?.isUp === true && isLinked && !this.#server.isOffline ? page : undefined;
  }

  /** After a start: what the journal says of messages that no page has confirmed, and of acks that are still to come. */
  resume(): void {
    for (const message of this.state.messages.values()) {
      if (!message.delivered) this.delivery.wait(message.id);
      // The server keeps receipts until a page has confirmed them; what pages have confirmed is not in the journal.
      if (isFromDevice(message) && message.ack > 1) this.delivery.noteAck(message.id, message.ack);
      if (isFromDevice(message) && message.ack >= 0)
        this.#ackSchedule.follow(message.id, message.ack, this.#server.policy);
    }
  }

  /** Tells a page that is up all that waited. */
  flush(): void {
    if (this.audience !== undefined) this.delivery.flush(this.audience, this.state);
  }

  /**
   * Takes in a stanza of a page of this account. The server answers to the connection that it came by, once. A second
   * stanza under one id is the same message; whether its recipient gets it again is the policy's `deliversDuplicates`.
   */
  receive(wire: WireMessage, sender: Page | undefined): Receipt {
    const { policy } = this.#server;
    const known = this.state.messages.get(wire.id);
    const refusal = known === undefined ? refusalOf(wire.chat_id, policy.mode, this.state) : undefined;
    if (refusal === 'refused') this.write({ kind: 'refused', id: wire.id });
    if (refusal !== undefined) return refusal;
    if (known === undefined) {
      const adds = wire.add === undefined ? [] : [wire.add];
      this.keep({ ...wire, ack: 0, origin: 'kit', received_at: now(), delivered: true, adds });
    } else this.#takeDuplicate(wire, known);
    this.#senders.set(wire.id, sender);
    if (policy.mode === 'no-ack') return 'unacknowledged';
    if (known !== undefined && known.ack > 0) this.#answer(wire.id);
    else this.#ackSchedule.follow(wire.id, 0, policy);
    return 'received';
  }

  /** Keeps a message, and shows it to the page now or as soon as there is one. */
  keep(message: PhoneMessage): void {
    if (this.state.messages.has(message.id)) return;
    this.write({ kind: 'message', message }, message.chat_id);
    if (message.origin === 'device') this.#ackSchedule.follow(message.id, message.ack, this.#server.policy);
    if (!message.delivered) {
      this.delivery.wait(message.id);
      this.tell({ cmd: 'incoming', messages: [message] });
    }
    this.#server.passOn(this, message);
  }

  delivered(ids: readonly string[]): void {
    const fresh = this.delivery.confirm(ids);
    if (fresh.length > 0) this.write({ kind: 'delivered', ids: fresh });
  }

  /** The server has a message (1), or its recipient does (2 to 4). */
  acknowledge(id: string, ack: number): void {
    if (ack === 1) this.#answer(id);
    const message = this.state.messages.get(id);
    if (message === undefined || (ack >= 0 && message.ack >= ack)) return;
    // What one writes to oneself is read at once. Source: `WAWebSendMsgRecordAction` (jigger@0fbd5e1a).
    const reached = ack === 1 && this.state.isOwn(message.chat_id) ? 3 : ack;
    this.write({ kind: 'ack', id, ack: reached }, message.chat_id);
    if (ack === 1) return;
    const seq = this.delivery.noteAck(id, message.ack);
    this.tell({ cmd: 'acks', items: [[id, ack]], seq });
  }

  /** Messages as a page that is loaded anew is to show them. */
  shown(messages: readonly PhoneMessage[]): WireMessage[] {
    return messages
      .filter((message) => message.delivered)
      .map((message) => ({ ...message, ack: this.delivery.shownAck(message) }));
  }

  /** Tells the page of this account, if one listens. */
  tell(command: Command): void {
    this.audience?.push(command);
  }

  write(record: PhoneRecord, chatId?: string): void {
    this.#server.record(this, record, chatId);
  }

  stop(): void {
    this.#ackSchedule.stop();
  }

  #takeDuplicate({ id, add, chat_id }: WireMessage, known: PhoneMessage): void {
    if (add !== undefined && !known.adds?.includes(add)) this.write({ kind: 'added', id, add }, chat_id);
    if (this.#server.policy.deliversDuplicates) this.write({ kind: 'redelivered', id }, chat_id);
  }

  /**
   * Answers the page that sent a message. One whose connection has gone meanwhile never hears it: the server repeats no
   * answer, and a page that connects again sends its stanza again.
   */
  #answer(id: string): void {
    const sender = this.#senders.get(id);
    this.#senders.delete(id);
    const { pages, isOffline } = this.#server;
    const isConnected = sender !== undefined && pages.find(sender.id) === sender && !isOffline;
    if (isConnected) sender.push({ cmd: 'acks', items: [[id, 1]], seq: 0 });
  }
}

/** Whether a linked device sent it: the server's acks go to all of them. */
function isFromDevice({ origin }: PhoneMessage): boolean {
  return origin === 'kit' || origin === 'device';
}

function now(): string {
  return new Date().toISOString();
}
