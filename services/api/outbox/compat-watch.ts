import type { CapabilityState } from '../../contract/compat.ts';
import { errorText } from '../../contract/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { BridgeClient } from '../bridge-client.ts';
import { isStorageError } from '../store/storage-errors.ts';
import type { Store } from '../store/store.ts';
import type { MessageChanges } from './changes.ts';
import {
  countSetAside,
  hasUnheld,
  readBroken,
  readUnbound,
  release,
  replaceBroken,
  setAside,
} from './page-compat.ts';

export interface CompatWatchOptions {
  readonly session: string;
  readonly store: Store;
  readonly changes: MessageChanges;
  readonly bridge: Pick<BridgeClient, 'compat'>;
  readonly log: Log;
}

/** While messages are held, the bridge is asked this often, too: an event may have been lost with its disk. */
const ASK_MS = 60_000;

/** Keeps the messages apart that the page of WhatsApp breaks now. Events report the changes; see `page-compat.ts`. */
export class CompatWatch {
  readonly #options: CompatWatchOptions;
  #mustAsk = false;
  #askAt = 0;
  #held = 0;

  constructor(options: CompatWatchOptions) {
    this.#options = options;
  }

  /** How many messages are held, as of the last look. */
  get held(): number {
    return this.#held;
  }

  /** What the store knows may be out of date. */
  doubt(): void {
    this.#mustAsk = true;
  }

  /** The page may be another one: asks again, if something is held. */
  pageChanged(): void {
    this.#askAt = 0;
  }

  /** Sets aside what has to wait, and releases what waited for a message that no longer does; returns what is broken now. */
  async look(): Promise<readonly CapabilityState[]> {
    const { store, session, changes } = this.#options;
    const known = await store.read((db) => readBroken(db, session));
    const isDue = this.#mustAsk || (known.length > 0 && performance.now() >= this.#askAt);
    if (isDue) await this.#ask();
    const broken = isDue ? await store.read((db) => readBroken(db, session)) : known;
    if (broken.length === 0) {
      this.#held = 0;
      return broken;
    }
    const unbound = await store.read((db) => readUnbound(db, session));
    if (unbound.length > 0) {
      await store.write((db) => release(db, unbound));
      for (const id of unbound) changes.changed(id);
    }
    if (await store.read((db) => hasUnheld(db, session, broken)))
      for (const id of await store.write((db) => setAside(db, session, broken))) changes.changed(id);
    this.#held = await store.read((db) => countSetAside(db, session));
    return broken;
  }

  async #ask(): Promise<void> {
    const { bridge, store, session, changes, log } = this.#options;
    this.#mustAsk = false;
    this.#askAt = performance.now() + ASK_MS;
    try {
      const { tested_at, capabilities } = await bridge.compat();
      if (tested_at === undefined) return;
      const broken = capabilities.filter(({ state }) => state === 'broken');
      for (const id of await store.write((db) => replaceBroken(db, session, broken))) changes.changed(id);
    } catch (error) {
      if (isStorageError(error)) throw error;
      log.debug(`the compat report of the bridge cannot be read: ${errorText(error)}`);
    }
  }
}
