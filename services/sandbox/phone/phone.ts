import { join } from 'node:path';
import type { Log } from '../../runtime/log.ts';
import { DEFAULT_POLICY, type Policy } from '../web/policy.ts';
import { DEFAULT_SETTINGS, type Settings } from '../web/settings.ts';
import type { WireMessage } from '../web/wire.ts';
import type { Account, AccountServer } from './account.ts';
import { Accounts } from './accounts.ts';
import { ConnectedPages, type Page } from './connected-pages.ts';
import type { DeliveryQueue } from './delivery-queue.ts';
import { DeviceLinks } from './device-links.ts';
import { Journal } from './journal.ts';
import { type JournalRecord, journalRecord, type PhoneMessage, type PhoneRecord } from './journal-records.ts';
import { MediaStore } from './media-store.ts';
import { heardByOthers } from './pass-on.ts';
import type { PhoneState } from './phone-state.ts';
import type { Receipt } from './receipt.ts';

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

/** A message that the server took from the kit. */
export interface Received {
  readonly account: Account;
  readonly id: string;
}

/** The phones and WhatsApp's server behind them: what they know is on disk before anybody is told. */
export class Phone implements AccountServer {
  readonly accounts: Accounts;
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
  readonly #journal: Journal<JournalRecord>;
  readonly #received: Received[] = [];
  readonly #listeners = new Set<ChangeListener>();

  constructor(options: PhoneOptions) {
    this.options = options;
    this.policy = this.#usualPolicy();
    this.settings = this.#usualSettings();
    this.media = new MediaStore(join(options.folder, 'media'));
    this.pages = new ConnectedPages(() => this.changed());
    this.accounts = new Accounts(this);
    this.links = new DeviceLinks({
      pages: this.pages,
      accounts: this.accounts,
      autoLink: options.autoLink,
      needsPasskey: () => this.settings.passkey,
      comparesCodes: () => this.settings.passkeyCode,
      onChange: () => this.changed(),
      log: options.log,
    });
    this.#journal = new Journal(join(options.folder, 'phone.jsonl'), (value) => journalRecord.parse(value));
    for (const record of this.#journal.past) this.#apply(record);
    for (const account of this.accounts.all) account.resume();
  }

  /** The account that requests mean which name none. */
  get account(): Account {
    return this.accounts.current;
  }

  /** The account that a page is linked to. One that has not said who it is counts for the current one. */
  accountOf(page: Page | undefined): Account {
    return page?.number === undefined ? this.account : this.accounts.open(page.number);
  }

  pageOf(account: Account): Page | undefined {
    const own = this.pages.all.filter(({ number }) => number === account.number).at(-1);
    const unknown = () => this.pages.all.filter(({ number }) => number === undefined).at(-1);
    return own ?? (account === this.account ? unknown() : undefined);
  }

  /** What the server took from the kit, in order, whichever account sent it. */
  get received(): readonly Received[] {
    return this.#received;
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
    page.number = deviceId === undefined ? undefined : this.accounts.withDevice(deviceId)?.number;
    this.changed();
    return { linked: page.number !== undefined, offline: this.isOffline, policy: this.policy };
  }

  /** A page is up: it gets what waited for its account, and hears that this was all. */
  welcome(page: Page): void {
    page.isUp = true;
    page.qr = undefined;
    this.accountOf(page).flush();
    if (!this.isOffline) page.push({ cmd: 'offlineDelivered' });
    this.changed();
  }

  /** Takes in a stanza of a page: it belongs to the account of that page. */
  receive(wire: WireMessage, sender: Page | undefined = this.pages.current): Receipt {
    return this.accountOf(sender).receive(wire, sender);
  }

  record(account: Account, record: PhoneRecord, chatId?: string): void {
    const line = { account: account.number, ...record };
    this.#journal.append(line);
    this.#apply(line);
    this.changed(chatId);
  }

  passOn(from: Account, message: PhoneMessage): void {
    for (const [other, heard] of heardByOthers(from, message, this.accounts.all)) other.keep(heard);
  }

  // In short for the current account.

  get state(): PhoneState {
    return this.account.state;
  }

  get delivery(): DeliveryQueue {
    return this.account.delivery;
  }

  keep(message: PhoneMessage): void {
    this.account.keep(message);
  }

  delivered(ids: readonly string[]): void {
    this.account.delivered(ids);
  }

  acknowledge(id: string, ack: number): void {
    this.account.acknowledge(id, ack);
  }

  shown(messages: readonly PhoneMessage[]): WireMessage[] {
    return this.account.shown(messages);
  }

  /** Writes a record of the current account, or of the account that it links. */
  write(record: PhoneRecord, chatId?: string): void {
    const account = record.kind === 'linked' ? this.accounts.open(numberIn(record.device.pn)) : this.account;
    this.record(account, record, chatId);
  }

  /** Ends all misbehaviour. */
  clearFaults(): void {
    this.policy = this.#usualPolicy();
    this.settings = this.#usualSettings();
    this.unregistered = [];
    for (const page of this.pages.all) page.push({ cmd: 'policy', policy: this.policy });
    this.changed();
  }

  close(): void {
    this.isOpen = false;
    this.links.close();
    for (const account of this.accounts.all) account.stop();
    this.#journal.close();
  }

  #apply(record: JournalRecord): void {
    const accounts = this.accounts.apply(record);
    if (record.kind !== 'message' || record.message.origin !== 'kit') return;
    for (const account of accounts) this.#received.push({ account, id: record.message.id });
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

function numberIn(pn: string): string {
  return pn.split('@')[0] ?? pn;
}
