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

export interface PhoneOptions {
  /** The sandbox's own folder. */
  readonly folder: string;
  readonly autoLink: boolean;
  readonly policy?: Partial<Policy> | undefined;
  readonly settings?: Partial<Settings> | undefined;
  readonly log: Log;
}

/** Whether the phone took a message in; all but `received` are for misbehaviour. */
export type Receipt = 'received' | 'unacknowledged' | 'refused' | 'restricted';

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
      if (message.origin === 'kit' && message.ack >= 0)
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
    if (deviceId !== undefined)
      for (const other of this.pages.others(page))
        if (other.deviceId === deviceId) other.push({ cmd: 'replaced' });
    const linked = deviceId !== undefined && this.state.devices.has(deviceId);
    this.changed();
    return { linked, offline: this.isOffline, policy: this.policy, unregistered: this.unregistered };
  }

  /** A page is up: it gets what waited. */
  welcome(page: Page): void {
    page.isUp = true;
    page.qr = undefined;
    if (this.audience !== undefined) this.delivery.flush(this.audience, this.state);
    this.changed();
  }

  /** Takes in what the page sends. The same id again is the same message. */
  receive(wire: WireMessage): Receipt {
    const known = this.state.messages.get(wire.id);
    const { mode } = this.policy;
    if (known === undefined && mode === 'fail-result') return 'refused';
    if (known === undefined && mode === 'restrict-cold' && this.#isStranger(wire.chat_id))
      return 'restricted';
    const { add } = wire;
    if (known === undefined) {
      const adds = add === undefined ? [] : [add];
      this.keep({ ...wire, ack: 0, origin: 'kit', received_at: now(), delivered: true, adds });
    } else {
      if (add !== undefined && !known.adds?.includes(add))
        this.write({ kind: 'added', id: wire.id, add }, wire.chat_id);
      if (known.ack > 0) this.tell({ cmd: 'acks', items: [[wire.id, known.ack]], seq: 0 });
    }
    if (mode === 'no-ack') return 'unacknowledged';
    if ((known?.ack ?? 0) === 0) this.#ackSchedule.follow(wire.id, 0, this.policy);
    return 'received';
  }

  /** Keeps a message, and shows it to the page now or as soon as there is one. */
  keep(message: PhoneMessage): void {
    if (this.state.messages.has(message.id)) return;
    this.write({ kind: 'message', message }, message.chat_id);
    if (message.delivered) return;
    this.delivery.wait(message.id);
    this.tell({ cmd: 'incoming', messages: [message] });
  }

  delivered(ids: readonly string[]): void {
    const fresh = this.delivery.confirm(ids);
    if (fresh.length > 0) this.write({ kind: 'delivered', ids: fresh });
  }

  acknowledge(id: string, ack: number): void {
    const message = this.state.messages.get(id);
    if (message === undefined || (ack >= 0 && message.ack >= ack)) return;
    this.write({ kind: 'ack', id, ack }, message.chat_id);
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
    this.pages.current?.push({ cmd: 'unregistered', ids: [] });
    this.changed();
  }

  close(): void {
    this.isOpen = false;
    this.links.close();
    this.#ackSchedule.stop();
    this.#journal.close();
  }

  /** Somebody who never wrote to this account. */
  #isStranger(chatId: string): boolean {
    return (
      !chatId.endsWith('@g.us') && this.state.messagesOf(chatId).every(({ origin }) => origin !== 'contact')
    );
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

function now(): string {
  return new Date().toISOString();
}
