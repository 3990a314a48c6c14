import { sql } from 'kysely';
import { isPersonId, personOf } from '../../contract/person.ts';
import type { Scope } from '../account/scope.ts';
import type { Database, Store } from '../store/store.ts';
import { findPeople } from './known-people.ts';

/** Read from `contacts` at once. */
const AT_ONCE = 500;

/** Since when there have been messages, as Unix time in ms. */
export interface Since {
  readonly first_sent_at?: number | undefined;
  readonly first_received_at?: number | undefined;
}

/** Writes the first message with a chat down for the release before, which knows no people. */
export async function noteContact(
  db: Database,
  session: string,
  chatId: string,
  { first_sent_at = null, first_received_at = null }: { [K in keyof Since]?: number | null | undefined },
): Promise<void> {
  if (first_sent_at === null && first_received_at === null) return;
  await db
    .insertInto('contacts')
    .values({ session, chat_id: chatId, first_sent_at, first_received_at })
    .onConflict((conflict) =>
      conflict.columns(['session', 'chat_id']).doUpdateSet({
        first_sent_at: sql`coalesce(contacts.first_sent_at, excluded.first_sent_at)`,
        first_received_at: sql`coalesce(contacts.first_received_at, excluded.first_received_at)`,
      }),
    )
    .execute();
}

/** Takes over the people whom the release before has noted, at the start: it may have run again since. */
export async function adoptContacts(store: Store, scope: Scope): Promise<void> {
  for (let last = ''; ; ) {
    const contacts = await store.read((db) =>
      db
        .selectFrom('contacts')
        .selectAll()
        .where('session', '=', scope.session)
        .where('chat_id', '>', last)
        .orderBy('chat_id')
        .limit(AT_ONCE)
        .execute(),
    );
    last = contacts.at(-1)?.chat_id ?? '';
    const people = contacts.filter(({ chat_id }) => isPersonId(chat_id));
    if (people.length > 0) await store.write((db) => insertMissing(db, scope, people));
    if (contacts.length < AT_ONCE) return;
  }
}

type Contact = { readonly chat_id: string; readonly [column: string]: unknown } & {
  readonly [K in keyof Since]-?: number | null;
};

async function insertMissing(db: Database, scope: Scope, contacts: readonly Contact[]): Promise<void> {
  const known = await findPeople(
    db,
    scope,
    contacts.map(({ chat_id }) => chat_id),
  );
  const now = Date.now();
  const rows = contacts
    .filter(({ chat_id }) => known.get(chat_id)?.person === undefined)
    .map(({ chat_id, first_sent_at, first_received_at }) => {
      const { phone_number = null, lid = null } = personOf(chat_id) ?? {};
      const times = { first_sent_at, first_received_at, created_at: now, updated_at: now };
      return { ...scope, phone_number, lid, name: null, address: null, ...times };
    });
  if (rows.length === 0) return;
  // Another api may do the same at this moment.
  await db
    .insertInto('people')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
