import type { BridgeStatus } from '../../../contract/bridge.ts';
import { errorText } from '../../../contract/errors.ts';
import type { Log } from '../../../runtime/log.ts';
import type { BridgeClient } from '../../bridge-client.ts';
import type { EventLog } from '../../events/event-log.ts';
import { isStorageError } from '../../store/storage-errors.ts';
import type { Store } from '../../store/store.ts';
import { whyChanged, whyHeldBack } from '../account-texts.ts';
import { type Accounts, isChanged, readAccounts, revisionOf } from '../linked-account.ts';
import { noteLink, sightingOf } from './note-link.ts';

export interface AccountWatchOptions {
  readonly session: string;
  readonly store: Store;
  readonly events: EventLog;
  readonly bridge: Pick<BridgeClient, 'status'>;
  readonly log: Log;
}

/** While nothing goes out, the bridge is asked this often, too. */
const ASK_MS = 60_000;
/** After a bridge that gave no answer. */
const RETRY_MS = 1_000;

/** Knows which account is linked, and whether that holds messages back. Events report changes; see `note-link.ts`. */
export class AccountWatch {
  readonly #options: AccountWatchOptions;
  #accounts: Accounts = {};
  #mustAsk = true;
  /** How often there was doubt. */
  #doubts = 0;
  #isInDoubt = false;
  #askAt = 0;

  constructor(options: AccountWatchOptions) {
    this.#options = options;
  }

  /** What is known, as of the last look. */
  get known(): Accounts {
    return this.#accounts;
  }

  /** Whether another account is linked than the one that the session belongs to, as of the last look. */
  get isChanged(): boolean {
    return isChanged(this.#accounts);
  }

  /** Why nothing goes out; undefined while the accounts hold nothing back. */
  get reason(): string | undefined {
    return whyChanged(this.#accounts);
  }

  /** Whether the bridge has to be asked before anything is sent. */
  get mustAsk(): boolean {
    return (this.#mustAsk || this.isChanged) && performance.now() >= this.#askAt;
  }

  /** Whether it is asked although nothing is to be sent: a page has become ready, or refused a message. */
  get isInDoubt(): boolean {
    return this.#isInDoubt;
  }

  /** Why a message of this account waits; undefined where the accounts do not hold it back. */
  whyHeldBack(account: string | undefined): string | undefined {
    return whyHeldBack(this.#accounts, account);
  }

  /** What the store knows may be out of date. */
  doubt(): void {
    this.#doubts += 1;
    this.#mustAsk = true;
    this.#isInDoubt = true;
    this.#askAt = 0;
  }

  /** Reads what is known. */
  async look(): Promise<Accounts> {
    const { store, session } = this.#options;
    this.#accounts = await store.read((db) => readAccounts(db, session));
    return this.#accounts;
  }

  /** Asks the bridge. A bridge that gives no answer keeps nothing back: it refuses what belongs to another account. */
  async ask(): Promise<Accounts> {
    this.#askAt = performance.now() + RETRY_MS;
    try {
      await this.status();
    } catch (error) {
      if (isStorageError(error)) throw error;
      this.#options.log.debug(`the bridge does not say which account is linked: ${errorText(error)}`);
    }
    return this.look();
  }

  /** The status of the bridge; what it says of the account is noted. Throws what the bridge throws. */
  async status(): Promise<BridgeStatus> {
    const { bridge, session } = this.#options;
    const doubts = this.#doubts;
    const revision = await this.#revision();
    const status = await bridge.status();
    const sighting = sightingOf(session, status);
    if (revision !== undefined && sighting !== undefined) await this.#note({ ...sighting, revision });
    // A doubt that came meanwhile is about a later moment than the answer, or about what could not be noted.
    if (doubts === this.#doubts && (status.whatsapp_ready || sighting !== undefined)) {
      this.#mustAsk = false;
      this.#isInDoubt = false;
      this.#askAt = performance.now() + ASK_MS;
    }
    return status;
  }

  /** Undefined while the store is away: then nothing can be noted either. */
  async #revision(): Promise<number | undefined> {
    try {
      return revisionOf(await this.look());
    } catch (error) {
      if (!isStorageError(error)) throw error;
      return undefined;
    }
  }

  async #note(sighting: Parameters<typeof noteLink>[2]): Promise<void> {
    const { store, events } = this.#options;
    try {
      const isNews = await store.write((db, dialect) => noteLink(db, dialect, sighting, Date.now()));
      if (isNews) events.appended();
      await this.look();
    } catch (error) {
      if (!isStorageError(error)) throw error;
      this.doubt();
    }
  }
}
