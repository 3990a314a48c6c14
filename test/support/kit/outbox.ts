import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import type { Kit } from './kit.ts';

/** Returns the text of each message in the outbox of a kit that runs without WhatsApp, or has ended. */
export function readOutbox({ dataDir }: Kit): string[] {
  const database = new BetterSqlite3(join(dataDir, 'gatehouse.db'), { readonly: true });
  const texts = database.prepare("select content ->> '$.text' from messages").pluck().all();
  database.close();
  return texts.map(String);
}
