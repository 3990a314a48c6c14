import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openPostgres } from '../../../services/api/store/postgres.ts';
import { openSqlite } from '../../../services/api/store/sqlite.ts';
import type { OpenEngine } from '../../../services/api/store/store.ts';
import { createLog } from '../../../services/runtime/log.ts';
import { fastFolder } from '../fast-folder.ts';
import { implementationsUnderTest } from '../implementations.ts';
import { DatabasePool } from './database-pool.ts';
import { PostgresServer } from './postgres-server.ts';

export interface TestDatabase {
  readonly name: 'sqlite' | 'postgres';
  /** A new, empty database; what it gives may be called again, to open the same one anew once it was closed. */
  fresh(): Promise<OpenEngine>;
}

const sqlites = new DatabasePool(async () => sqliteIn(sqliteFolder()));
const postgreses = new DatabasePool(async () => postgresSpace((await sharedPostgres()).url));

const SQLITE: TestDatabase = { name: 'sqlite', fresh: () => sqlites.take() };
const POSTGRES: TestDatabase = { name: 'postgres', fresh: () => postgreses.take() };

export const DATABASES: readonly TestDatabase[] = [SQLITE, POSTGRES];

/** An empty SQLite database, for tests that any database would do for. */
export const freshSqlite = SQLITE.fresh;

/** Defines the same tests for each database under test. `describe` goes inside, with the name of the database in its title. */
export function forEachDatabase(define: (database: TestDatabase) => void): void {
  for (const database of implementationsUnderTest(SQLITE, POSTGRES)) define(database);
  after(() => postgreses.close());
}

/** An empty folder, removed when this process ends. */
export function sqliteFolder(): string {
  const folder = mkdtempSync(join(fastFolder(), 'gatehouse-sqlite-'));
  folders.push(folder);
  return folder;
}

const folders: string[] = [];
process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

export function sqliteIn(folder: string): OpenEngine {
  return () => openSqlite(folder);
}

/** A schema of its own on that server, so that tests do not meet. */
export function postgresSpace(url: string): OpenEngine {
  const space = `test_${randomBytes(6).toString('hex')}`;
  return () => openPostgres(url, space, createLog('api', 'silent'));
}

let shared: Promise<PostgresServer> | undefined;

/** The one PostgreSQL of this process, started when first asked for. Never killed: a test that does so starts its own. */
export function sharedPostgres(): Promise<PostgresServer> {
  shared ??= PostgresServer.start();
  return shared;
}
