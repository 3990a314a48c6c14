import { type RawBuilder, sql } from 'kysely';
import type { DialectName } from './store.ts';

/**
 * Whether the `seq` of a row is one of those that a subquery found. PostgreSQL guesses how many rows `in (select …)`
 * finds, and for many it reads the whole table. It takes an array to be short, and asks the index for each number in it.
 */
export function isAmong(dialect: DialectName, found: RawBuilder<unknown>): RawBuilder<boolean> {
  return dialect === 'postgres' ? sql`(seq = any(array(${found})))` : sql`(seq in (${found}))`;
}
