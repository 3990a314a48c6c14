import { type Kysely, sql } from 'kysely';
import { DEFAULT_MIGRATION_TABLE, type Migration, Migrator } from 'kysely/migration';
import { MIGRATIONS } from './migrations.ts';
import type { DialectName } from './store.ts';

/**
 * Brings a database to the tables of this release. One that a later release has been at is taken as it is: a release to
 * which a deploy goes back must be able to serve, so a migration only ever adds (DECISIONS.md, "Migrations only add").
 */
export async function migrateStore<T>(db: Kysely<T>, dialect: DialectName, space?: string): Promise<void> {
  const known = Object.fromEntries(
    MIGRATIONS.map(({ name, [dialect]: statements }): [string, Migration] => [
      name,
      { up: running(statements) },
    ]),
  );
  for (const name of await executedMigrations(db, space)) known[name] ??= { up: async () => undefined };
  const { error } = await new Migrator({
    db,
    provider: { getMigrations: async () => known },
    ...(space === undefined ? {} : { migrationTableSchema: space }),
  }).migrateToLatest();
  if (error !== undefined) throw error;
}

/** None before the first start. */
async function executedMigrations<T>(db: Kysely<T>, space: string | undefined): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  const isThere = tables.some(
    ({ name, schema }) => name === DEFAULT_MIGRATION_TABLE && (space === undefined || schema === space),
  );
  if (!isThere) return [];
  const table =
    space === undefined
      ? sql.table(DEFAULT_MIGRATION_TABLE)
      : sql.table(`${space}.${DEFAULT_MIGRATION_TABLE}`);
  const { rows } = await sql<{ name: string }>`select name from ${table}`.execute(db);
  return rows.map(({ name }) => name);
}

function running(statements: readonly string[]): Migration['up'] {
  return async (db) => {
    for (const statement of statements) await sql.raw(statement).execute(db);
  };
}
