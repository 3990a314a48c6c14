import type BetterSqlite3 from 'better-sqlite3';
import { Kysely, type SqliteDatabase, SqliteDialect } from 'kysely';
import type { Database } from './store.ts';
import type { Tables } from './tables.ts';

const STATEMENTS_KEPT = 200;

/** Kysely on a connection, whose statements are prepared once. `mayRun` is called before each query. */
export function queriesOn(
  connection: BetterSqlite3.Database,
  mayRun: () => void = () => undefined,
): Database {
  const prepared = new Map<string, BetterSqlite3.Statement<unknown[]>>();
  const database: SqliteDatabase = {
    prepare(text) {
      mayRun();
      const statement = prepared.get(text) ?? connection.prepare<unknown[]>(text);
      // The last used stand last, so the first is the one to go: inserts of many rows have as many texts.
      prepared.delete(text);
      prepared.set(text, statement);
      if (prepared.size > STATEMENTS_KEPT) prepared.delete(prepared.keys().next().value ?? '');
      return statement;
    },
    close: () => void connection.close(),
  };
  return new Kysely<Tables>({ dialect: new SqliteDialect({ database }) });
}
