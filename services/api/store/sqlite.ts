import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import type { Log } from '../../runtime/log.ts';
import { type FileLock, lockFile, logReplaced } from '../../runtime/process/file-lock.ts';
import { DatabaseFile } from './database-file.ts';
import { GroupCommit } from './group-commit.ts';
import { migrateStore } from './migrate.ts';
import { queriesOn } from './sqlite-queries.ts';
import { isDamage, isStorageError, toStorageError } from './storage-errors.ts';
import type { Database, Engine } from './store.ts';

const FILE = 'gatehouse.db';
/** Longest the process stands still while a tool of somebody's holds the database. */
const BUSY_MS = 1_000;
/** What the write-ahead log shrinks to again after it had to grow: somewhat more than SQLite lets it become by itself. */
const LOG_BYTES = 8 * 1024 ** 2;
/** Kept for what is written next: freed pages beyond are given back to the disk. */
const SPARE_PAGES = 1_000;
/** Given back in one commit. */
const PAGES_AT_ONCE = 200;

/**
 * SQLite in a folder: one connection that writes, another that reads what has been committed. Each commit is on disk
 * (`synchronous=FULL`). Throws KitError `already_running` when another process has the database.
 */
export async function openSqlite(folder: string, log?: Log): Promise<Engine> {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, FILE);
  const lock = lockFile(path, 'already_running');
  if (log !== undefined) logReplaced(lock, path, log);
  const opened: BetterSqlite3.Database[] = [];
  const open = (options: BetterSqlite3.Options = {}) => {
    const connection = new BetterSqlite3(path, { timeout: BUSY_MS, ...options });
    opened.push(connection);
    // Where the root of the file system is read-only there is no other place for temporary tables.
    connection.pragma('temp_store = MEMORY');
    return connection;
  };
  try {
    DatabaseFile.demandUsable(path);
    const connection = open();
    connection.pragma('auto_vacuum = INCREMENTAL'); // Only before the first table; later it changes nothing.
    connection.pragma('journal_mode = WAL');
    connection.pragma('synchronous = FULL');
    connection.pragma(`journal_size_limit = ${LOG_BYTES}`);
    await migrate(connection);
    return new SqliteEngine(new DatabaseFile(path), connection, open({ readonly: true }), lock);
  } catch (error) {
    for (const connection of opened) connection.close();
    lock.release();
    throw error;
  }
}

/** All of it or nothing: Kysely takes it that SQLite could not undo what was done to tables. Closing undoes it too. */
async function migrate(connection: BetterSqlite3.Database): Promise<void> {
  connection.exec('begin immediate');
  const db = queriesOn(connection);
  await migrateStore(db, 'sqlite');
  connection.exec('commit');
}

class SqliteEngine implements Engine {
  readonly dialect = 'sqlite';
  readonly #file: DatabaseFile;
  readonly #connection: BetterSqlite3.Database;
  readonly #commits: GroupCommit;
  readonly #writer: Database;
  readonly #reading: BetterSqlite3.Database;
  readonly #reader: Database;
  readonly #lock: FileLock;
  #isBroken = false;
  #damage: Error | undefined;

  constructor(
    file: DatabaseFile,
    connection: BetterSqlite3.Database,
    reading: BetterSqlite3.Database,
    lock: FileLock,
  ) {
    this.#file = file;
    this.#connection = connection;
    this.#commits = new GroupCommit(connection, file.check);
    this.#writer = queriesOn(connection, () => {
      if (!connection.inTransaction) throw new Error('a query came when its transaction had ended');
    });
    this.#reading = reading;
    this.#reader = queriesOn(reading);
    this.#lock = lock;
  }

  get isBroken(): boolean {
    return this.#isBroken;
  }

  write<T>(task: (db: Database) => Promise<T>): Promise<T> {
    return this.#noting(this.#commits.run(() => task(this.#writer)));
  }

  read<T>(query: (db: Database) => Promise<T>): Promise<T> {
    return this.#noting(query(this.#reader));
  }

  async vacuum(): Promise<boolean> {
    if (this.#spareRoom() <= 0) return false;
    await this.write(async () => void this.#connection.pragma(`incremental_vacuum(${PAGES_AT_ONCE})`));
    if (this.#spareRoom() > 0) return true;
    // The file itself gets shorter only when the log is played into it.
    if (!this.#connection.inTransaction) this.#connection.pragma('wal_checkpoint(PASSIVE)');
    return false;
  }

  async close(): Promise<void> {
    await this.#commits.idle();
    try {
      this.#reading.close();
      this.#connection.close();
      this.#file.closed(this.#damage);
    } finally {
      this.#lock.release();
    }
  }

  #spareRoom(): number {
    return Number(this.#connection.pragma('freelist_count', { simple: true })) - SPARE_PAGES;
  }

  /** Any trouble but a full disk may be one of this very connection, so another is opened. */
  async #noting<T>(result: Promise<T>): Promise<T> {
    try {
      return await result;
    } catch (thrown) {
      const error = toStorageError(thrown);
      if (isStorageError(error) && error.code === 'storage_unavailable') {
        this.#isBroken = true;
        if (isDamage(thrown)) this.#damage = thrown;
      }
      throw error;
    }
  }
}
