import { KitError } from '../../contract/errors.ts';
import { Account, type AccountServer } from './account.ts';
import type { JournalRecord } from './journal-records.ts';

/** The phone that is there before any other has scanned. */
export const DEFAULT_NUMBER = '15550001111';

/** The accounts of all phones, in the order in which they came to be. */
export class Accounts {
  readonly #server: AccountServer;
  readonly #accounts = new Map<string, Account>();
  /** Numbers in the order in which they were linked; each once, where it was linked last. */
  #linked: readonly string[] = [];

  constructor(server: AccountServer) {
    this.#server = server;
    this.open(DEFAULT_NUMBER);
  }

  get all(): readonly Account[] {
    return [...this.#accounts.values()];
  }

  /** The account that was linked last; before the first link, that of the default number. */
  get lastLinked(): Account {
    return this.open(this.#linked.at(-1) ?? DEFAULT_NUMBER);
  }

  /** The account that requests mean which name none: the one that is linked now, or else the one that was linked last. */
  get current(): Account {
    const linked = this.#linked.map((number) => this.open(number)).filter((account) => account.isLinked);
    return linked.at(-1) ?? this.lastLinked;
  }

  find(number: string): Account | undefined {
    return this.#accounts.get(number);
  }

  /** The account of a phone that is known. Throws `not_found`. */
  demand(number: string): Account {
    const account = this.find(number);
    if (account !== undefined) return account;
    const known = [...this.#accounts.keys()].map((other) => `+${other}`).join(', ');
    throw new KitError('not_found', `no phone +${number} has scanned here; the sandbox knows ${known}`);
  }

  /** The account that has this device. */
  withDevice(deviceId: string): Account | undefined {
    return this.all.find(({ state }) => state.devices.has(deviceId));
  }

  /** The account of a number, which is new when no phone had that number before. */
  open(number: string): Account {
    const account = this.find(number) ?? new Account(number, this.#server);
    this.#accounts.set(number, account);
    return account;
  }

  /** Applies a record; gives the accounts that it changed. */
  apply(record: JournalRecord): readonly Account[] {
    const accounts = this.#ownersOf(record);
    for (const account of accounts) account.state.apply(record);
    if (record.kind === 'linked')
      for (const { number } of accounts)
        this.#linked = [...this.#linked.filter((other) => other !== number), number];
    return accounts;
  }

  /**
   * Whose record it is. A record of an earlier release names no account: it belongs to the account that was linked at that
   * point. That release had one state for all numbers, so a record may also be about a message, a chat or a device of an
   * account that was linked before, and unlinking by hand was unlinking all of them.
   */
  #ownersOf(record: JournalRecord): readonly Account[] {
    if (record.account !== undefined) return [this.open(record.account)];
    if (record.kind === 'linked') return [this.open(record.device.pn.split('@')[0] ?? DEFAULT_NUMBER)];
    if (record.kind === 'unlinked' && record.device_id === undefined) return this.all;
    const { lastLinked } = this;
    if (lastLinked.state.knows(record)) return [lastLinked];
    const knowing = this.all.filter(({ state }) => state.knows(record));
    return knowing.length === 0 ? [lastLinked] : knowing;
  }
}
