import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { isStorageError, toStorageError } from './storage-errors.ts';
import type { Database } from './store.ts';

/** How long, and how often, the server is asked about a commit in doubt. */
const DOUBT_MS = 10_000;
const DOUBT_STEP_MS = 200;
/** Markers that were not written for so long belong to processes that have ended. */
const STALE_MS = 30 * 86_400_000;
const PREFIX = 'commit:';

/** A row that a transaction writes, so that its commit can be seen. */
export interface CommitMarker {
  readonly name: string;
  readonly value: string;
}

/**
 * Finds out what became of a transaction in doubt: the answer to its commit was lost with the connection. Each
 * transaction writes a marker of its own, over the one of an earlier transaction. `pg_xact_status` does not do: after a
 * crash PostgreSQL gives the numbers of lost transactions to new ones (test: store on postgres, whose server is killed).
 */
export class CommitMarkers {
  readonly #db: Database;
  readonly #prefix = `${PREFIX}${randomUUID()}:`;
  readonly #free: string[];
  #made: number;
  #isClosed = false;

  private constructor(db: Database, count: number) {
    this.#db = db;
    this.#free = Array.from({ length: count }, (_, index) => `${this.#prefix}${index}`);
    this.#made = count;
  }

  /** For so many transactions at once. Their rows are made now, since only what is there can be seen to be locked. */
  static async make(db: Database, count: number): Promise<CommitMarkers> {
    const markers = new CommitMarkers(db, count);
    const now = Date.now();
    await db
      .deleteFrom('facts')
      .where('name', 'like', `${PREFIX}%`)
      .where('value', '<', String(now - STALE_MS))
      .execute();
    await db
      .insertInto('facts')
      .values(markers.#free.map((name) => ({ name, value: String(now) })))
      .execute();
    return markers;
  }

  /** The name of a marker that no other transaction uses now; `release` gives it back. */
  acquire(): string {
    const name = this.#free.pop() ?? `${this.#prefix}${this.#made}`;
    if (name.endsWith(`:${this.#made}`)) this.#made += 1;
    return name;
  }

  release(name: string): void {
    this.#free.push(name);
  }

  /** Writes the marker, as the last query of a transaction. Undefined when the transaction has written nothing. */
  async write(transaction: Database, name: string): Promise<CommitMarker | undefined> {
    const value = `${Date.now()} ${randomUUID()}`;
    const { rows } = await sql`
      insert into facts (name, value) select ${name}, ${value} where pg_current_xact_id_if_assigned() is not null
      on conflict (name) do update set value = excluded.value returning name`.execute(transaction);
    return rows.length === 0 ? undefined : { name, value };
  }

  /** Asks until the server answers and the transaction is not under way any more; false when that takes too long. */
  async isCommitted({ name, value }: CommitMarker): Promise<boolean> {
    const until = performance.now() + DOUBT_MS;
    while (performance.now() < until && !this.#isClosed) {
      try {
        const row = await this.#db
          .selectFrom('facts')
          .select('value')
          .where('name', '=', name)
          .forUpdate()
          .noWait()
          .executeTakeFirst();
        if (row !== undefined) return row.value === value;
      } catch (error) {
        if (!isStorageError(toStorageError(error))) throw error;
      }
      await sleep(DOUBT_STEP_MS);
    }
    return false;
  }

  close(): void {
    this.#isClosed = true;
  }
}
