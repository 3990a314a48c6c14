import { type LookupFunction, Socket } from 'node:net';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { errorText } from '../../contract/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { type CommitMarker, CommitMarkers } from './commit-markers.ts';
import { migrateStore } from './migrate.ts';
import type { Database, Engine } from './store.ts';
import type { Tables } from './tables.ts';

const CONNECT_MS = 5_000;
/** No query of ours is slow; one that is stuck must not hold a connection for ever. */
const PATIENCE_MS = 30_000;
/** What the server itself cuts short is told by the server; only when it has vanished is that for us to do. */
const VANISHED_MS = 2_000;
const MOST_CONNECTIONS = 10;
/** The type of bigint: as text by default, since it may exceed a JavaScript number; ours never do. */
const INT8 = 20;
/**
 * Off, so that every query goes by an index where there is one: a plan must not depend on what PostgreSQL believes of a
 * table. With beliefs of another time it read the whole event log for one page, or sorted it. Where there is no other way
 * it still scans and sorts. The cost of that looks immense then, so the compiler of expressions is off too.
 */
const NOT_BY_INDEX = ['enable_seqscan', 'enable_bitmapscan', 'enable_sort', 'jit'];
/** Undone by the server because of another transaction: serialization_failure, deadlock_detected. */
const UNDONE = /^(40001|40P01)$/;
const MOST_TRIES = 5;

export interface PostgresOptions {
  /** Longest a query may take. */
  readonly patienceMs?: number;
  /** Resolves the name in the URL; the system's own lookup unless given. */
  readonly lookup?: LookupFunction;
}

/** PostgreSQL, in a schema of its own. The sandbox and the real WhatsApp never share one. */
export async function openPostgres(
  url: string,
  space: string,
  log: Log,
  { patienceMs = PATIENCE_MS, lookup }: PostgresOptions = {},
): Promise<Engine> {
  // Loaded only where it is used.
  const { default: pg } = await import('pg');
  const pool = new pg.Pool({
    connectionString: url,
    max: MOST_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: patienceMs + VANISHED_MS,
    keepAlive: true,
    application_name: 'gatehouse',
    ...(lookup === undefined ? {} : { stream: () => new NamedSocket(lookup) }),
    onConnect: async (client) => {
      // Whoever uses it is told; but without a listener of its own a broken connection would end the process.
      client.on('error', () => undefined);
      // Not as options of the connection: those of the URL would win, and poolers refuse them.
      await client.query(
        `select set_config('search_path', $1, false), set_config('statement_timeout', $2, false),
          set_config('idle_in_transaction_session_timeout', $2, false)`,
        [space, String(patienceMs)],
      );
      await client.query('select set_config(name, $2, false) from unnest($1::text[]) as name', [
        NOT_BY_INDEX,
        'off',
      ]);
    },
    types: {
      getTypeParser: (type, format) =>
        type === INT8 ? Number : pg.types.getTypeParser(type, format === 'binary' ? 'binary' : 'text'),
    },
  });
  pool.on('error', (error) => log.warn(`a connection to the database broke: ${errorText(error)}`));
  const db: Database = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  try {
    await sql`create schema if not exists ${sql.id(space)}`.execute(db);
    await migrateStore(db, 'postgres', space);
    return new PostgresEngine(db, await CommitMarkers.make(db, MOST_CONNECTIONS));
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

/** The socket of a connection, which pg connects to a port and a host, or to the path of a Unix socket. */
class NamedSocket extends Socket {
  readonly #lookup: LookupFunction;

  constructor(lookup: LookupFunction) {
    super();
    this.#lookup = lookup;
  }

  override connect(...[target, host]: readonly unknown[]): this {
    if (typeof target === 'string') return super.connect(target);
    return super.connect({ port: Number(target), host: String(host), lookup: this.#lookup });
  }
}

class PostgresEngine implements Engine {
  readonly dialect = 'postgres';
  readonly #db: Database;
  readonly #markers: CommitMarkers;
  #isBroken = false;

  constructor(db: Database, markers: CommitMarkers) {
    this.#db = db;
    this.#markers = markers;
  }

  get isBroken(): boolean {
    return this.#isBroken;
  }

  async write<T>(task: (db: Database) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#noting(() => this.#transact(task));
      } catch (error) {
        if (attempt === MOST_TRIES || !UNDONE.test(codeOf(error))) throw error;
      }
    }
  }

  read<T>(query: (db: Database) => Promise<T>): Promise<T> {
    return this.#noting(() => query(this.#db));
  }

  /** The server does so by itself (autovacuum). */
  vacuum(): Promise<boolean> {
    return Promise.resolve(false);
  }

  async close(): Promise<void> {
    this.#markers.close();
    await this.#db.destroy();
  }

  async #transact<T>(task: (db: Database) => Promise<T>): Promise<T> {
    let name: string | undefined;
    let done: { readonly value: T; readonly marker: CommitMarker } | undefined;
    try {
      return await this.#db.transaction().execute(async (transaction) => {
        const value = await task(transaction);
        name = this.#markers.acquire();
        const marker = await this.#markers.write(transaction, name);
        if (marker !== undefined) done = { value, marker };
        return value;
      });
    } catch (error) {
      // All was done but the COMMIT, or its answer was lost.
      if (done !== undefined && (await this.#markers.isCommitted(done.marker))) return done.value;
      throw error;
    } finally {
      if (name !== undefined) this.#markers.release(name);
    }
  }

  /** A connection on which a question was never answered goes back to the pool as it is, so the pool must go. */
  async #noting<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      if (/Query read timeout/.test(errorText(error))) this.#isBroken = true;
      throw error;
    }
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
