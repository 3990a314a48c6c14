import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { errorText, KitError } from '../../contract/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { FairReads } from './fair-reads.ts';
import { isStorageError, storageReason, toStorageError } from './storage-errors.ts';
import type { Tables } from './tables.ts';

export type Database = Kysely<Tables>;
export type DialectName = 'sqlite' | 'postgres';

type Query<T> = (db: Database, dialect: DialectName) => Promise<T>;

export interface StoreStatus {
  readonly state: 'opening' | 'ok' | 'full' | 'unavailable';
  readonly since: string;
  readonly reason?: string;
}

/** One open database, of either kind. */
export interface Engine {
  readonly dialect: DialectName;
  /** Whether it must be closed and opened anew before it is of any use again. */
  readonly isBroken: boolean;
  /**
   * Runs a task in a transaction that is on disk when the promise resolves. The task awaits nothing but its queries; it
   * is run again from its beginning when PostgreSQL has undone it because of another.
   */
  write<T>(task: (db: Database) => Promise<T>): Promise<T>;
  /** What has been committed. */
  read<T>(query: (db: Database) => Promise<T>): Promise<T>;
  /** Gives some of the room that was freed back to the disk; gives whether there is more. */
  vacuum(): Promise<boolean>;
  close(): Promise<void>;
}

/** Opens the database and brings its tables up to date. */
export type OpenEngine = () => Promise<Engine>;

/** How often a database that fails is tried, unless the opener sets another time. */
const PROBE_MS = 1_000;
/** Reads of many rows that run at once. SQLite reads in the main thread, so a second one would only be in the way. */
const READS_AT_ONCE = { sqlite: 1, postgres: 2 };
/** Longest that closing is waited for: a server that has vanished does not answer to it. */
const CLOSE_MS = 2_000;
/** Written to a disk that was full, before it counts as having room again. */
const ROOM_BYTES = 64 * 1024;

/**
 * The database of the kit. It may be away, at the start or later: then every call throws `storage_full` or
 * `storage_unavailable`, `status` says why, and it is tried again until it is back. What was written is on disk.
 */
export class Store implements AsyncDisposable {
  readonly #open: OpenEngine;
  readonly #log: Log;
  readonly #probeMs: number;
  readonly #reads = new FairReads(() => READS_AT_ONCE[this.dialect ?? 'sqlite']);
  readonly #watchers = new Set<() => void>();
  #engine: Engine | undefined;
  #status: StoreStatus = { state: 'opening', since: new Date().toISOString() };
  /** What callers are told while there is no engine. */
  #failure = new KitError('storage_unavailable', 'the database is not open yet');
  /** Set until the database has been tried: it is tried once at a time. */
  #probe: NodeJS.Timeout | undefined;
  #probing: Promise<void> = Promise.resolve();
  #closing: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  private constructor(open: OpenEngine, log: Log, probeMs: number) {
    this.#open = open;
    this.#log = log;
    this.#probeMs = probeMs;
  }

  /** Throws KitError `already_running` when another process has the database; any other trouble may pass by itself. */
  static async open(open: OpenEngine, log: Log, probeMs = PROBE_MS): Promise<Store> {
    const store = new Store(open, log, probeMs);
    await store.#try().catch((error: unknown) => {
      if (error instanceof KitError && !isStorageError(error)) throw error;
      store.#failed(toUnavailable(error));
    });
    return store;
  }

  get status(): StoreStatus {
    return this.#status;
  }

  get dialect(): DialectName | undefined {
    return this.#engine?.dialect;
  }

  /**
   * Throws `storage_full` and `storage_unavailable`: then nothing of the task was written, unless PostgreSQL went away
   * amid a COMMIT and did not come back in time to be asked what became of it.
   */
  write<T>(task: (db: Database, dialect: DialectName) => Promise<T>): Promise<T> {
    return this.#run((engine) => engine.write((db) => task(db, engine.dialect)));
  }

  read<T>(query: Query<T>): Promise<T> {
    return this.#run((engine) => engine.read((db) => query(db, engine.dialect)));
  }

  /**
   * Reads many rows for a client, in its turn among all clients, so that sends are not held up. Gives undefined when
   * `isWanted` says in its turn that nobody waits for it any more.
   */
  readInTurn<T>(client: string, query: Query<T>): Promise<T>;
  readInTurn<T>(client: string, query: Query<T>, isWanted?: () => boolean): Promise<T | undefined>;
  readInTurn<T>(client: string, query: Query<T>, isWanted?: () => boolean): Promise<T | undefined> {
    return this.#reads.run(client, () => this.read(query), isWanted);
  }

  /** Gives some of the room that was freed back to the disk; gives whether there is more. */
  vacuum(): Promise<boolean> {
    return this.#run((engine) => engine.vacuum());
  }

  /** Calls back whenever the database has come back, until the returned function is called. */
  onBack(tell: () => void): () => void {
    this.#watchers.add(tell);
    return () => void this.#watchers.delete(tell);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#probe);
    this.#failure = new KitError('storage_unavailable', 'the database is closed');
    const engine = this.#engine;
    this.#engine = undefined;
    await atMost(CLOSE_MS, Promise.all([engine?.close(), this.#closing, this.#probing]));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #run<T>(act: (engine: Engine) => Promise<T>): Promise<T> {
    const engine = this.#engine;
    if (engine === undefined) throw new KitError(this.#failure.code, this.#failure.message);
    try {
      return await act(engine);
    } catch (thrown) {
      const error = toStorageError(thrown);
      // What an engine says that was given up already is no news.
      if (isStorageError(error) && engine === this.#engine) this.#failed(error);
      throw error;
    }
  }

  async #try(): Promise<void> {
    if (this.#engine === undefined) {
      await this.#closing;
      const engine = await this.#open();
      if (this.#isClosed) return engine.close();
      this.#engine = engine;
    }
    const engine = this.#engine;
    // A write, since a full disk and a read-only one can still be read.
    if (this.#status.state === 'full') await this.#note('room', randomBytes(ROOM_BYTES / 2).toString('hex'));
    await this.#note('room', '');
    // A caller may have found meanwhile that it is broken.
    if (this.#engine !== engine) throw this.#failure;
    this.#probe = undefined;
    this.#recovered();
  }

  #note(name: string, value: string): Promise<unknown> {
    return this.write((db) =>
      db
        .insertInto('facts')
        .values({ name, value })
        .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
        .execute(),
    );
  }

  #failed(error: KitError): void {
    if (this.#isClosed) return;
    const state = error.code === 'storage_full' ? 'full' : 'unavailable';
    const reason = storageReason(error);
    if (this.#status.state !== state || this.#status.reason !== reason) {
      this.#log.error({ err: error.cause }, `${reason}; sends are refused until it is mended`);
      const since = this.#status.state === state ? this.#status.since : new Date().toISOString();
      this.#status = { state, since, reason };
    }
    this.#failure = error;
    if (this.#engine?.isBroken) this.#discard(this.#engine);
    this.#probe ??= setTimeout(() => {
      this.#probing = this.#try().catch((thrown: unknown) => {
        this.#probe = undefined;
        this.#failed(toUnavailable(thrown));
      });
    }, this.#probeMs);
  }

  #discard(engine: Engine): void {
    this.#engine = undefined;
    const closed = engine.close().catch((error: unknown) => {
      this.#log.warn({ err: error }, `the database did not close as it should: ${errorText(error)}`);
    });
    this.#closing = atMost(CLOSE_MS, closed);
  }

  #recovered(): void {
    if (this.#status.state !== 'opening') this.#log.info('the database is back');
    this.#status = { state: 'ok', since: new Date().toISOString() };
    for (const tell of this.#watchers) tell();
  }
}

function toUnavailable(thrown: unknown): KitError {
  const error = toStorageError(thrown);
  if (isStorageError(error)) return error;
  return new KitError('storage_unavailable', 'the database cannot be used', { cause: thrown });
}

function atMost(limitMs: number, done: Promise<unknown>): Promise<unknown> {
  return Promise.race([done, sleep(limitMs, undefined, { ref: false })]);
}
