import { join } from 'node:path';
import type { Log } from '../../runtime/log.ts';
import { DEFAULT_POLICY, type Policy } from '../web/policy.ts';
import { DEFAULT_SETTINGS, type Settings } from '../web/settings.ts';
import type { WireMessage } from '../web/wire.ts';
import { AckSchedule } from './ack-schedule.ts';
import { type Command, ConnectedPages, type Page } from './connected-pages.ts';
import { DeliveryQueue } from './delivery-queue.ts';
import { DeviceLinks } from './device-links.ts';
import { Journal } from './journal.ts';
import { type PhoneMessage, type PhoneRecord, phoneRecord } from './journal-records.ts';
import { MediaStore } from './media-store.ts';
import { PhoneState } from './phone-state.ts';
import { type Receipt, refusalOf } from './receipt.ts';

export interface PhoneOptions {
  /** The sandbox's own folder. */
  readonly folder: string;
  readonly autoLink: boolean;
  readonly policy?: Partial<Policy> | undefined;
  readonly settings?: Partial<Settings> | undefined;
  readonly log: Log;
}

/** What changed: a chat, or without one the phone as a whole. */
export type ChangeListener = (chatId?: string) => void;

/** The phone and WhatsApp's server behind it: what it knows is on disk before anybody is told. */
export class Phone {
  readonly state = new PhoneState();
  readonly delivery = new DeliveryQueue();
  readonly media: MediaStore;
  readonly pages: ConnectedPages;
  readonly links: DeviceLinks;
  readonly options: PhoneOptions;
  readonly unknownModules = new Set<string>();
  /** Of the browsers that have asked for the page. */
  readonly userAgents = new Set<string>();
  settings: Settings;
  policy: Policy;
  unregistered: readonly string[] = [];
  isOffline = false;
  isOpen = true;
  readonly #journal: Journal<PhoneRecord>;
  readonly #ackSchedule: AckSchedule;
  /** By message: the connection that waits for the server's answer. */
  readonly #senders = new Map<string, Page | undefined>();
  readonly #listeners = new Set<ChangeListener>();

  constructor(options: PhoneOptions) {
    this.options = options;
    this.policy = this.#usualPolicy();
    this.settings = this.#usualSettings();
    this.media = new MediaStore(join(options.folder, 'media'));
    this.pages = new ConnectedPages(() => this.changed());
    this.links = new DeviceLinks({
      pages: this.pages,
      state: this.state,
      autoLink: options.autoLink,
      needsPasskey: () => this.settings.passkey,
      comparesCodes: () => this.settings.passkeyCode,
      write: (record) => this.write(record),
      onLinked: () => this.delivered(this.delivery.waitingIds),
      onChange: () => this.changed(),
      log: options.log,
    });
    this.#ackSchedule = new AckSchedule((id, ack) => this.acknowledge(id, ack));
    this.#journal = new Journal(join(options.folder, 'phone.jsonl'), (value) => phoneRecord.parse(value));
    for (const record of this.#journal.past) this.state.apply(record);
    for (const message of this.state.messages.values()) {
      if (!message.delivered) this.delivery.wait(message.id);
      // The server keeps receipts until a page has confirmed them; what pages have confirmed is not in the journal.
      if (isFromDevice(message) && message.ack > 1) this.delivery.noteAck(message.id, message.ack);
      if (isFromDevice(message) && message.ack >= 0)
        this.#ackSchedule.follow(message.id, message.ack, this.policy);
    }
  }

  /** The page that may be told things now. */
  get audience(): Page | undefined {
    const page = this.pages.current;
    return page?.isUp === true && !this.isOffline ? page : undefined;
  }

  onChange(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A page says who it is: another page with the same login loses its connection to it. */
  greet(page: Page, deviceId: string | undefined): object {
    page.deviceId = deviceId;
    if (deviceId !== undefined) {
      this.links.loadedAgain(page, deviceId);
      for (const other of this.pages.others(page))
        if (other.deviceId === deviceId) other.push({ cmd: 'replaced' });
    }
    const linked = deviceId !== undefined && this.state.devices.has(deviceId);
    this.changed();
    return { linked, offline: this.isOffline, policy: this.policy };
  }

  /** A page is up: it gets what waited, and hears that this was all. */
  welcome(page: Page): void {
    page.isUp = true;
    page.qr = undefined;
    if (this.audience !== undefined) this.delivery.flush(this.audience, this.state);
    if (!this.isOffline) page.push({ cmd: 'offlineDelivered' });
    this.changed();
  }

  /**
   * Takes in a stanza of a page. The server answers to the connection that it came by, once. A second stanza under one id
   * is the same message; whether its recipient gets it again is the policy's `deliversDuplicates`.
   */
  receive(wire: WireMessage, sender: Page | undefined = this.pages.current): Receipt {
    const known = this.state.messages.get(wire.id);
    const refusal = known === undefined ? refusalOf(wire.chat_id, this.policy.mode, this.state) : undefined;
    if (refusal === 'refused') this.write({ kind: 'refused', id: wire.id });
    if (refusal !== undefined) return refusal;
    if (known === undefined) {
      const adds = wire.add === undefined ? [] : [wire.add];
      this.keep({ ...wire, ack: 0, origin: 'kit', received_at: now(), delivered: true, adds });
    } else this.#takeDuplicate(wire, known);
    this.#senders.set(wire.id, sender);
    if (this.policy.mode === 'no-ack') return 'unacknowledged';
    if (known !== undefined && known.ack > 0) this.#answer(wire.id);
    else this.#ackSchedule.follow(wire.id, 0, this.policy);
    return 'received';
  }

  /** Keeps a message, and shows it to the page now or as soon as there is one. */
  keep(message: PhoneMessage): void {
    if (this.state.messages.has(message.id)) return;
    this.write({ kind: 'message', message }, message.chat_id);
    if (message.origin === 'device') this.#ackSchedule.follow(message.id, message.ack, this.policy);
    if (message.delivered) return;
    this.delivery.wait(message.id);
    this.tell({ cmd: 'incoming', messages: [message] });
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

  /** Tells the page, if one listens. */
  tell(command: Command): void {
    this.audience?.push(command);
  }

  write(record: PhoneRecord, chatId?: string): void {
    this.#journal.append(record);
    this.state.apply(record);
    this.changed(chatId);
  }

  /** Ends all misbehaviour. */
  clearFaults(): void {
    this.policy = this.#usualPolicy();
    this.settings = this.#usualSettings();
    this.unregistered = [];
    this.pages.current?.push({ cmd: 'policy', policy: this.policy });
    this.changed();
  }

  close(): void {
    this.isOpen = false;
    this.links.close();
    this.#ackSchedule.stop();
    this.#journal.close();
  }

  #takeDuplicate({ id, add, chat_id }: WireMessage, known: PhoneMessage): void {
    if (add !== undefined && !known.adds?.includes(add)) this.write({ kind: 'added', id, add }, chat_id);
    if (this.policy.deliversDuplicates) this.write({ kind: 'redelivered', id }, chat_id);
  }

  /**
   * Answers the page that sent a message. One whose connection has gone meanwhile never hears it: the server repeats no
   * answer, and a page that connects again sends its stanza again.
   */
  #answer(id: string): void {
    const sender = this.#senders.get(id);
    this.#senders.delete(id);
    const isConnected = sender !== undefined && this.pages.find(sender.id) === sender && !this.isOffline;
    if (isConnected) sender.push({ cmd: 'acks', items: [[id, 1]], seq: 0 });
  }

  #usualPolicy(): Policy {
    return { ...DEFAULT_POLICY, ...this.options.policy };
  }

  #usualSettings(): Settings {
    return { ...DEFAULT_SETTINGS, ...this.options.settings };
  }

  /** Tells whoever looks on that something is different. */
  changed(chatId?: string): void {
    for (const listener of this.#listeners) listener(chatId);
  }
}

/** Whether a linked device sent it: the server's acks go to all of them. */
function isFromDevice({ origin }: PhoneMessage): boolean {
  return origin === 'kit' || origin === 'device';
}

function now(): string {
  return new Date().toISOString();
}
