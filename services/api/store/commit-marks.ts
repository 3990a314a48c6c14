import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { isStorageError, toStorageError } from './storage-errors.ts';
import type { Database } from './store.ts';

/** Longest that is asked what became of a commit whose answer was lost, and how often. */
const DOUBT_MS = 10_000;
const DOUBT_STEP_MS = 200;
/** Marks of others are of no use when they have not been written for so long. */
const STALE_MS = 30 * 86_400_000;
const PREFIX = 'commit:';

/** What a transaction leaves behind of itself when it is committed. */
export interface Mark {
  readonly name: string;
  readonly value: string;
}

/**
 * Tells what became of a commit whose answer was lost with the connection. Each transaction writes a mark of its own,
 * over that of an earlier one. The word of PostgreSQL itself (`pg_xact_status`) would not do: after a crash it gives the
 * numbers of transactions that were lost to new ones (test: store on postgres, whose server is killed).
 */
export class CommitMarks {
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
  static async make(db: Database, count: number): Promise<CommitMarks> {
    const marks = new CommitMarks(db, count);
    const now = Date.now();
    await db
      .deleteFrom('facts')
      .where('name', 'like', `${PREFIX}%`)
      .where('value', '<', String(now - STALE_MS))
      .execute();
    await db
      .insertInto('facts')
      .values(marks.#free.map((name) => ({ name, value: String(now) })))
      .execute();
    return marks;
  }

  /** The name of a mark that no other transaction has now; to be given back. */
  take(): string {
    const name = this.#free.pop() ?? `${this.#prefix}${this.#made}`;
    if (name.endsWith(`:${this.#made}`)) this.#made += 1;
    return name;
  }

  giveBack(name: string): void {
    this.#free.push(name);
  }

  /** The last query of a transaction. Undefined when that has written nothing. */
  async leave(transaction: Database, name: string): Promise<Mark | undefined> {
    const value = `${Date.now()} ${randomUUID()}`;
    const { rows } = await sql`
      insert into facts (name, value) select ${name}, ${value} where pg_current_xact_id_if_assigned() is not null
      on conflict (name) do update set value = excluded.value returning name`.execute(transaction);
    return rows.length === 0 ? undefined : { name, value };
  }

  /** Asks until the server answers and the transaction is not under way any more; false when that takes too long. */
  async wasLeft({ name, value }: Mark): Promise<boolean> {
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
