import { CompiledQuery, type Insertable } from 'kysely';
import type { DialectName } from '../store/migrations.ts';
import type { Database } from '../store/store.ts';
import type { Tables } from '../store/tables.ts';

/** A new row, with a value for each of its fields. */
type NewRow = Pick<
  Insertable<Tables['messages']>,
  'id' | 'session' | 'chat_id' | 'kind' | 'content' | 'state' | 'accepted_at' | 'expires_at' | 'next_try_at'
> & { readonly send_at: number | null };

const statements = new Map<string, string>();

/** Inserts a message by a statement that is written once: to build it each time costs as much as to run it. */
export async function insertMessage(db: Database, dialect: DialectName, row: NewRow): Promise<void> {
  const name = `${dialect} ${Object.keys(row).join()}`;
  const text = statements.get(name) ?? db.insertInto('messages').values(row).compile().sql;
  statements.set(name, text);
  await db.executeQuery(CompiledQuery.raw(text, Object.values(row)));
}
