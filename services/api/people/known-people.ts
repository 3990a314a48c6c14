import { type Selectable, sql } from 'kysely';
import { idsOf, type Person, personOf } from '../../contract/person.ts';
import type { Scope } from '../account/scope.ts';
import type { Database, DialectName } from '../store/store.ts';
import type { Tables } from '../store/tables.ts';

export type PersonRow = Selectable<Tables['people']>;

/** What is known of an id: who it is, or since when (Unix time in ms) WhatsApp has no account for it. */
export type KnownAs =
  | { readonly person: PersonRow; readonly absentSince: undefined }
  | { readonly person: undefined; readonly absentSince: number };

/** The people behind these ids, by id, as far as they are known. What WhatsApp said last of a number counts. */
export async function findPeople(
  db: Database,
  { session, account }: Scope,
  ids: readonly string[],
): Promise<ReadonlyMap<string, KnownAs>> {
  const found = new Map<string, KnownAs>();
  const numbers = ids.filter((id) => personOf(id)?.phone_number !== undefined);
  const lids = ids.filter((id) => personOf(id)?.lid !== undefined);
  const people = db
    .selectFrom('people')
    .selectAll()
    .where('session', '=', session)
    .where('account', '=', account);
  const note = (id: string, person: PersonRow) => found.set(id, { person, absentSince: undefined });
  if (lids.length > 0)
    for (const row of await people.where('lid', 'in', lids).execute()) note(row.lid ?? '', row);
  if (numbers.length === 0) return found;
  const digits = numbers.map((id) => id.slice(0, id.indexOf('@')));
  for (const row of await people.where('phone_number', 'in', digits).execute())
    note(`${row.phone_number}@c.us`, row);
  const asked = await db
    .selectFrom('addresses')
    .leftJoin('people', 'people.id', 'addresses.person_id')
    .selectAll('people')
    .select(['addresses.address as asked', 'addresses.learned_at'])
    .where('addresses.session', '=', session)
    .where('addresses.account', '=', account)
    .where('addresses.address', 'in', numbers)
    .execute();
  for (const { asked: id, learned_at, ...row } of asked)
    if (isRow(row)) note(id, row);
    else found.set(id, { person: undefined, absentSince: learned_at });
  return found;
}

/** What is known of one id. */
export async function findPerson(db: Database, scope: Scope, id: string): Promise<KnownAs | undefined> {
  return (await findPeople(db, scope, [id])).get(id);
}

/**
 * For a row that will refer to the person: PostgreSQL then lets nobody merge the person away before this transaction has
 * ended. False for one who was merged meanwhile.
 */
export async function holdPerson(db: Database, dialect: DialectName, id: number): Promise<boolean> {
  if (dialect !== 'postgres') return true;
  const { rows } = await sql<{
    id: number;
  }>`select id from people where id = ${id} for share`.execute(db);
  return rows.length > 0;
}

/** People by their `id`. */
export async function readPeople(
  db: Database,
  ids: readonly number[],
): Promise<ReadonlyMap<number, PersonRow>> {
  if (ids.length === 0) return new Map();
  const rows = await db.selectFrom('people').selectAll().where('id', 'in', ids).execute();
  return new Map(rows.map((row) => [row.id, row]));
}

/** The person behind an id under each account of a session that knows one. */
export async function findUnderAllAccounts(db: Database, session: string, id: string): Promise<PersonRow[]> {
  const accounts = await accountsWithPeople(db, session);
  const found = await Promise.all(accounts.map((account) => findPerson(db, { session, account }, id)));
  return found.flatMap((known) => known?.person ?? []);
}

/** Under which other forms of a number these people were asked for. */
export async function aliasesOf(db: Database, people: readonly PersonRow[]): Promise<string[]> {
  if (people.length === 0) return [];
  const rows = await db
    .selectFrom('addresses')
    .select('address')
    .where(
      'person_id',
      'in',
      people.map(({ id }) => id),
    )
    .execute();
  return rows.map(({ address }) => address);
}

/** Every account of a session that has people, one step in the index for each. */
async function accountsWithPeople(db: Database, session: string): Promise<string[]> {
  const { rows } = await sql<{ account: string | null }>`
    with recursive accounts (account) as (
      select min(account) from people where session = ${session}
      union all
      select (select min(people.account) from people where session = ${session} and people.account > accounts.account)
      from accounts where account is not null
    ) select account from accounts where account is not null`.execute(db);
  return rows.flatMap(({ account }) => (account === null ? [] : [account]));
}

/** A person as clients see one. */
export function toPerson({ phone_number, lid, name }: PersonRow): Person {
  return {
    ...(phone_number === null ? {} : { phone_number }),
    ...(lid === null ? {} : { lid }),
    ...(name === null ? {} : { name }),
  };
}

/** WhatsApp's present address of the chat with this person, or the best guess until WhatsApp has said it. */
export function addressOf(row: PersonRow): string {
  return row.address ?? idsOf(toPerson(row))[0] ?? '';
}

type Joined = { readonly [K in keyof PersonRow]: PersonRow[K] | null };

function isRow(row: Joined): row is PersonRow {
  return row.id !== null;
}
