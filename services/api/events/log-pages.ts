import { type RawBuilder, sql } from 'kysely';
import { isAmong } from '../store/among.ts';
import type { Database, DialectName } from '../store/store.ts';
import { type EventFilter, type EventRow, LogEvent, type LogPage, type PageLimits } from './log-event.ts';

/** The ends of the log; both 0 when it is empty. */
export interface LogBounds {
  readonly oldest: number;
  readonly newest: number;
}

export async function readBounds(db: Database): Promise<LogBounds> {
  const { rows } = await sql<{ oldest: number | null; newest: number | null }>`
    select (select min(seq) from events) as oldest, (select max(seq) from events) as newest`.execute(db);
  return { oldest: rows[0]?.oldest ?? 0, newest: rows[0]?.newest ?? 0 };
}

/** Read at once for a session: all are looked at, for an index by session would be paid for by every event. */
const SCANNED = 1_000;

/**
 * The events behind `after`, at a cost that does not grow with the log. A number that the log has not reached yet is
 * one of an earlier database: then from the beginning. Of a session there may be none on a page though there are more.
 */
export async function readPage(
  db: Database,
  dialect: DialectName,
  after: number,
  { types, session }: EventFilter,
  limits: PageLimits,
): Promise<LogPage> {
  // Before the events: whatever is committed later has a higher number, and is not passed by `next`.
  const { newest } = await readBounds(db);
  const from = after > newest ? 0 : after;
  const isInVain = from === newest || (session !== undefined && !(await isThere(db, session)));
  const most = session === undefined ? limits.events + 1 : Math.max(limits.events + 1, SCANNED);
  const rows = isInVain
    ? []
    : await readRows(db, dialect, from, types, { events: most, bytes: limits.bytes });
  const events: LogEvent[] = [];
  let last = from;
  for (const row of rows) {
    if (session === undefined || row.session === session) {
      if (events.length === limits.events) return { events, next: last, hasMore: true };
      events.push(new LogEvent(row));
    }
    last = row.seq;
  }
  const wasCut = rows.length === most || bytesOf(rows) >= limits.bytes;
  return { events, next: wasCut ? last : Math.max(last, newest), hasMore: wasCut };
}

/** As many as the limits allow, and one at least. */
async function readRows(
  db: Database,
  dialect: DialectName,
  after: number,
  types: EventFilter['types'],
  limits: PageLimits,
): Promise<EventRow[]> {
  const wanted =
    types === undefined ? inOrder(after, limits.events) : byType(dialect, after, types, limits.events);
  const { rows } = await sql<EventRow>`
    select seq, type, session, account, whatsapp_id, at, data from (
      select *, sum(octet_length(data)) over (order by seq) - octet_length(data) as before from (${wanted}) as wanted
    ) as sized where before < ${limits.bytes} order by seq`.execute(db);
  return rows;
}

function inOrder(after: number, limit: number): RawBuilder<unknown> {
  return sql`select seq, type, session, account, whatsapp_id, at, data from events
    where seq > ${after} order by seq limit ${limit}`;
}

/** Of each type the next ones, and of these the first: for `type in (…)` PostgreSQL may scan the whole log. */
function byType(
  dialect: DialectName,
  after: number,
  types: readonly string[],
  limit: number,
): RawBuilder<unknown> {
  const each = types.map(
    (type) => sql`select seq from (select seq from events
      where ${ofType(dialect, type, after)} order by type, seq limit ${limit}) as ofType`,
  );
  const found = sql`select seq from (${sql.join(each, sql` union all `)}) as ofTypes order by seq limit ${limit}`;
  return sql`select seq, type, session, account, whatsapp_id, at, data from events
    where ${isAmong(dialect, found)} order by seq`;
}

/**
 * Both conditions say the same. PostgreSQL drops a column that is constant from the order, and then may read along the
 * primary key, which is the whole log when it is wrong about the type. SQLite uses only half of a row value.
 */
function ofType(dialect: DialectName, type: string, after: number): RawBuilder<boolean> {
  return dialect === 'postgres'
    ? sql`((type, seq) > (${type}, ${after}) and type <= ${type})`
    : sql`(type = ${type} and seq > ${after})`;
}

/** Asked first: to find that there is nothing, the whole log would be read. */
async function isThere(db: Database, session: string): Promise<boolean> {
  const rows = await db.selectFrom('events').select('seq').where('session', '=', session).limit(1).execute();
  return rows.length > 0;
}

function bytesOf(rows: readonly EventRow[]): number {
  return rows.reduce((sum, { data }) => sum + Buffer.byteLength(data), 0);
}
