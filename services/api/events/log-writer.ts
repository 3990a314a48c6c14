import { sql } from 'kysely';
import type { LoggedEvent } from '../../contract/events.ts';
import type { Database, DialectName } from '../store/store.ts';
import { toStorableKey, toStorableText } from './storable-text.ts';

/** Any number: all that matters is that every api asks for the same. */
const APPEND_LOCK = 7_160_231;
const ROWS_AT_ONCE = 100;

/**
 * In PostgreSQL appenders wait for each other until they commit: or a reader could pass a number that is committed
 * after a higher one, and miss it. Who will append takes the lock before any row, as all do, lest two wait for each other.
 */
export async function lockLog(db: Database, dialect: DialectName): Promise<void> {
  if (dialect === 'postgres') await sql`select pg_advisory_xact_lock(${APPEND_LOCK})`.execute(db);
}

/** Appends events that are not there yet, in their order; gives those that were new. Locks the log. */
export async function appendEvents(
  db: Database,
  dialect: DialectName,
  events: readonly LoggedEvent[],
  now: number,
): Promise<LoggedEvent[]> {
  await lockLog(db, dialect);
  const rows = events.map((event) => ({
    session: toStorableText(event.session),
    key: toStorableKey(event.key),
    type: event.kind,
    whatsapp_id: 'whatsapp_id' in event ? toStorableText(event.whatsapp_id) : null,
    at: event.at,
    // JSON has escapes for what a database would refuse: texts come back as they were.
    data: JSON.stringify(event.data),
    stored_at: now,
    account: event.account === undefined ? null : toStorableText(event.account),
  }));
  const added = new Set<string>();
  for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
    const fresh = await db
      .insertInto('events')
      .values(rows.slice(start, start + ROWS_AT_ONCE))
      .onConflict((conflict) => conflict.columns(['session', 'key']).doNothing())
      .returning(['session', 'key'])
      .execute();
    for (const row of fresh) added.add(nameOf(row));
  }
  return events.filter((_event, index) => {
    const row = rows[index];
    return row !== undefined && added.delete(nameOf(row));
  });
}

function nameOf({ session, key }: { session: string; key: string }): string {
  return `${session}/${key}`;
}
