import { idsOf, type Person, personOf } from '../../contract/person.ts';
import type { Scope } from '../account/scope.ts';
import { lockLog } from '../events/log-writer.ts';
import type { Database, DialectName } from '../store/store.ts';
import { noteContact } from './earlier-contacts.ts';
import { type KnownAs, type PersonRow, toPerson } from './known-people.ts';
import { handOverMessages, handOverNumber, mergePeople } from './merge-people.ts';

/** What was seen of one person. */
export interface Sighting {
  /** Number and LID, if both are known, belong together. */
  readonly person: Person;
  /** The address of the chat, where there is one. */
  readonly address?: string | undefined;
  /** WhatsApp Web itself has just said the address. An event may be of a message from before the chat was moved. */
  readonly isPresent?: boolean | undefined;
  /** A message went out to the person at this moment. Unix time in ms, as is `receivedAt`. */
  readonly sentAt?: number | undefined;
  readonly receivedAt?: number | undefined;
}

/** Whether a sighting says more than is known. Most do not, and cost no write. */
export function isNews(known: KnownAs | undefined, sighting: Sighting): boolean {
  if (known?.person === undefined) return true;
  return Object.keys(changesIn(known.person, sighting)).length > 0;
}

/** What a chat or a message says of the person at this address: undefined where that is no person. */
export function sightingOf(address: string, person: Person | undefined): Sighting | undefined {
  const own = personOf(address);
  return own === undefined
    ? undefined
    : { person: { ...(isOf(own, person) ? person : {}), ...own }, address };
}

/** The release before reads of each id whether there have been messages. */
async function noteContacts(db: Database, row: PersonRow): Promise<void> {
  for (const id of idsOf(toPerson(row))) await noteContact(db, row.session, id, row);
}

/** Whether what is said of the person of an id does not contradict the id. */
function isOf(own: Person, { phone_number, lid }: Person = {}): boolean {
  const isOwn = <T>(said: T | undefined, known: T | undefined) => (said ?? known) === (known ?? said);
  return isOwn(phone_number, own.phone_number) && isOwn(lid, own.lid);
}

/**
 * Takes in a sighting: the person is found under number or LID, completed, or made. Two people of whom WhatsApp says that
 * they are one are merged, with an event. A number that goes to another LID goes to another person, with the messages that
 * were accepted for the number and have not been sent. Locks the log: call it before any row is locked. Throws for a
 * sighting of nobody, without number and LID.
 */
export async function learnPerson(
  db: Database,
  dialect: DialectName,
  scope: Scope,
  sighting: Sighting,
  now: number,
): Promise<PersonRow> {
  await lockLog(db, dialect);
  const { phone_number, lid } = sighting.person;
  if (phone_number === undefined && lid === undefined) throw new Error('a person has a number or a LID');
  const found = await joined(db, dialect, scope, sighting.person, now);
  const row =
    found === undefined ? await insert(db, scope, sighting, now) : await update(db, found, sighting, now);
  if (phone_number !== undefined) await forgetAnswer(db, scope, `${phone_number}@c.us`, row, lid);
  await noteContacts(db, row);
  return row;
}

/**
 * Takes in what WhatsApp says of an id that was asked for: the same person may have been written to under another form of
 * the number before, which then is one person with this one. Locks the log.
 */
export async function learnAnswer(
  db: Database,
  dialect: DialectName,
  scope: Scope,
  asked: string,
  sighting: Sighting,
  now: number,
): Promise<PersonRow> {
  const row = await learnPerson(db, dialect, scope, sighting, now);
  const { phone_number } = personOf(asked) ?? {};
  const former = await rowOf(db, scope, 'phone_number', phone_number);
  // One with a LID of its own is somebody else, whatever was asked for.
  const isSame = former !== undefined && former.id !== row.id && former.lid === null;
  const person = isSame ? await mergePeople(db, dialect, scope, row, former, row, now) : row;
  if (isSame) await noteContacts(db, person);
  await noteAddress(db, scope, asked, person.id, now);
  return person;
}

/** Notes what WhatsApp said of an id in the form in which it was asked for. `personId` null: it has no account. */
export async function noteAddress(
  db: Database,
  { session, account }: Scope,
  address: string,
  personId: number | null,
  now: number,
): Promise<void> {
  const said = { person_id: personId, learned_at: now };
  await db
    .insertInto('addresses')
    .values({ session, account, address, ...said })
    .onConflict((conflict) => conflict.columns(['session', 'account', 'address']).doUpdateSet(said))
    .execute();
}

/** What WhatsApp said of an id no longer counts: it is asked again. */
export async function forgetAddress(
  db: Database,
  { session, account }: Scope,
  address: string,
): Promise<void> {
  await db
    .deleteFrom('addresses')
    .where('session', '=', session)
    .where('account', '=', account)
    .where('address', '=', address)
    .execute();
}

/** The one row of the person, after a merge or the parting of number and LID where that is needed. */
async function joined(
  db: Database,
  dialect: DialectName,
  scope: Scope,
  { phone_number, lid }: Person,
  now: number,
): Promise<PersonRow | undefined> {
  const byLid = await rowOf(db, scope, 'lid', lid);
  const byNumber = await rowOf(db, scope, 'phone_number', phone_number);
  if (byNumber === undefined || byLid?.id === byNumber.id) return byLid ?? byNumber;
  if (byNumber.lid !== null && lid !== undefined && byNumber.lid !== lid) {
    // The number went to somebody else, as numbers do that were given up. The LID stays with its person.
    await db.updateTable('people').set({ phone_number: null }).where('id', '=', byNumber.id).execute();
    const heir = byLid ?? (await insert(db, scope, { person: { lid } }, now));
    await handOverNumber(db, byNumber, heir);
    return heir;
  }
  if (byLid === undefined) return byNumber;
  if (byLid.phone_number !== null) await forgetAddressesOf(db, byLid);
  const identity = { phone_number: byNumber.phone_number, lid: byLid.lid };
  return mergePeople(db, dialect, scope, byLid, byNumber, identity, now);
}

async function insert(
  db: Database,
  { session, account }: Scope,
  { person, address, sentAt, receivedAt }: Sighting,
  now: number,
): Promise<PersonRow> {
  return db
    .insertInto('people')
    .values({
      session,
      account,
      phone_number: person.phone_number ?? null,
      lid: person.lid ?? null,
      name: person.name ?? null,
      address: address ?? null,
      first_sent_at: sentAt ?? null,
      first_received_at: receivedAt ?? null,
      created_at: now,
      updated_at: now,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

async function update(db: Database, row: PersonRow, sighting: Sighting, now: number): Promise<PersonRow> {
  const changes = changesIn(row, sighting);
  if (Object.keys(changes).length === 0) return row;
  const values = { ...changes, updated_at: now };
  // Another number: whatever was asked for under the former one may belong to anybody now.
  if (changes.phone_number !== undefined && row.phone_number !== null) await forgetAddressesOf(db, row);
  await db.updateTable('people').set(values).where('id', '=', row.id).execute();
  return { ...row, ...values };
}

/** The columns that a sighting changes. */
function changesIn(
  row: PersonRow,
  { person, address, isPresent, sentAt, receivedAt }: Sighting,
): Partial<PersonRow> {
  const { phone_number, lid, name } = person;
  const isMoved =
    address !== undefined &&
    address !== row.address &&
    // WhatsApp moves chats from numbers to LIDs and never back.
    (row.address === null || isPresent === true || address.endsWith('@lid'));
  return {
    ...(phone_number === undefined || phone_number === row.phone_number ? {} : { phone_number }),
    ...(lid === undefined || lid === row.lid ? {} : { lid }),
    ...(name === undefined || name === row.name ? {} : { name }),
    ...(isMoved ? { address } : {}),
    ...(sentAt === undefined || row.first_sent_at !== null ? {} : { first_sent_at: sentAt }),
    ...(receivedAt === undefined || row.first_received_at !== null ? {} : { first_received_at: receivedAt }),
  };
}

async function forgetAddressesOf(db: Database, { id }: PersonRow): Promise<void> {
  await db.deleteFrom('addresses').where('person_id', '=', id).execute();
}

/**
 * What WhatsApp said of a number before no longer counts: that it has no account, or, where `lid` says whose it is, that it
 * belongs to somebody else. That one loses what was accepted for the number and has not been sent.
 */
async function forgetAnswer(
  db: Database,
  { session, account }: Scope,
  address: string,
  { id }: PersonRow,
  lid: string | undefined,
): Promise<void> {
  const forgotten = await db
    .deleteFrom('addresses')
    .where('session', '=', session)
    .where('account', '=', account)
    .where('address', '=', address)
    .where((row) => {
      const isAbsent = row('person_id', 'is', null);
      return lid === undefined ? isAbsent : row.or([isAbsent, row('person_id', '!=', id)]);
    })
    .returning('person_id')
    .execute();
  for (const { person_id: former } of forgotten)
    if (former !== null) await handOverMessages(db, former, id, [address]);
}

function rowOf(
  db: Database,
  { session, account }: Scope,
  column: 'lid' | 'phone_number',
  value: string | undefined,
): Promise<PersonRow | undefined> {
  if (value === undefined) return Promise.resolve(undefined);
  return db
    .selectFrom('people')
    .selectAll()
    .where('session', '=', session)
    .where('account', '=', account)
    .where(column, '=', value)
    .executeTakeFirst();
}
