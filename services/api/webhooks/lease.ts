import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { errorText } from '../../contract/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { isStorageError } from '../store/storage-errors.ts';
import type { Database, Store } from '../store/store.ts';

/** Any number that nothing else of the kit asks for; the second is the schema, so that the sandbox has its own. */
const LOCK = 7_160_232;
/** How often it is asked for, and how often the connection that holds it is tried. */
const LOOK_MS = 1_000;

/**
 * The right to deliver: of several apis on one PostgreSQL one has it, until its connection ends. On SQLite there is only
 * one api. Not through a pooler that shares connections between transactions.
 */
export class Lease {
  readonly #store: Store;
  readonly #log: Log;
  readonly #tell: (isHeld: boolean) => void;
  readonly #closing = new AbortController();
  #running: Promise<void> = Promise.resolve();

  /** `tell` is called at each change. */
  constructor(store: Store, log: Log, tell: (isHeld: boolean) => void) {
    this.#store = store;
    this.#log = log;
    this.#tell = tell;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Gives it up. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      if (this.#store.dialect === 'sqlite') {
        this.#tell(true);
        return;
      }
      try {
        await this.#store.read((db) => db.connection().execute((connection) => this.#hold(connection)));
      } catch (error) {
        // The store tells and heals its own troubles.
        if (!isStorageError(error))
          this.#log.error({ err: error }, `no lease for the webhooks: ${errorText(error)}`);
      }
      await this.#pause();
    }
  }

  /** Asks once; with the lease in hand, stays until it is lost or given up. */
  async #hold(connection: Database): Promise<void> {
    const { rows } = await sql<{ is_ours: boolean }>`
      select pg_try_advisory_lock(${LOCK}, hashtext(current_schema())) as is_ours`.execute(connection);
    if (rows[0]?.is_ours !== true) return;
    this.#tell(true);
    try {
      while (!this.#isClosed) {
        await this.#pause();
        await sql`select 1`.execute(connection);
      }
    } finally {
      this.#tell(false);
    }
    await sql`select pg_advisory_unlock(${LOCK}, hashtext(current_schema()))`.execute(connection);
  }

  async #pause(): Promise<void> {
    const { signal } = this.#closing;
    if (!signal.aborted) await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }

  get #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }
}
