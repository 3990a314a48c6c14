import { sql } from 'kysely';
import type { Database, DialectName, Store } from '../store.ts';
import { firstFinalSeq } from './by-age.ts';

/** Rows from whose size that of the others is concluded. */
const SAMPLE = 100;
/** What a row costs in PostgreSQL beside its values: its header, and its place in three or four indexes. */
const ROW_COST_BYTES = 250;

/**
 * About how many bytes messages and events take, without media, and without counting them. SQLite knows its pages. PostgreSQL knows only its files,
 * which do not shrink when rows are removed; so there it is the numbers of the first and last event, and of the first settled and
 * the last message, times the size of the newest ones.
 */
export function estimateBytes(store: Store): Promise<number> {
  return store.read(estimateIn);
}

/** As `estimateBytes`, within a transaction. */
export function estimateIn(db: Database, dialect: DialectName): Promise<number> {
  return dialect === 'postgres' ? estimatePostgres(db) : measureSqlite(db);
}

async function measureSqlite(db: Database): Promise<number> {
  const { rows } = await sql<{ bytes: number }>`
    select (pages.page_count - free.freelist_count) * size.page_size
      - (select coalesce(sum(bytes), 0) from media) as bytes
    from pragma_page_count() as pages, pragma_freelist_count() as free, pragma_page_size() as size`.execute(
    db,
  );
  return rows[0]?.bytes ?? 0;
}

async function estimatePostgres(db: Database): Promise<number> {
  const { rows } = await sql<{ bytes: number | null }>`
    select sum(span * (${ROW_COST_BYTES} + row_bytes))::float8 as bytes from (
      select (select max(seq) - min(seq) + 1 from events) as span, (
        select avg(pg_column_size(newest.*)) from (select * from events order by seq desc limit ${SAMPLE}) as newest
      ) as row_bytes
      union all
      select (select max(seq) - ${firstFinalSeq} + 1 from messages), (
        select avg(pg_column_size(newest.*)) from (select * from messages order by seq desc limit ${SAMPLE}) as newest
      )
    ) as tables`.execute(db);
  return rows[0]?.bytes ?? 0;
}
