import { type RawBuilder, sql } from 'kysely';
import { personOf } from '../../../contract/person.ts';
import type { Scope } from '../../account/scope.ts';
import type { PersonRow } from '../../people/known-people.ts';
import { personBehind } from '../../people/recipients.ts';
import { isAmong } from '../../store/among.ts';
import type { Database, DialectName } from '../../store/store.ts';
import { WrittenOnce } from '../../store/written-once.ts';
import { isFirst } from '../heads/ahead.ts';
import { candidatesBefore, isNotSetAside } from '../heads/candidates.ts';
import type { Message } from '../message.ts';
import { isPassedOver } from '../page-compat.ts';
import { stateIs } from '../state-sql.ts';

/** What the forms of one number have in common: its last digits. */
const TAIL_DIGITS = 7;
/** The same with `@c.us`, as in `messages_unresolved_by_tail`. */
const TAIL_CHARACTERS = 12;
/** A message that is tried later than this is not waited for. Longer than the pause between two tries of one. */
const SOON_MS = 600_000;
/** The most numbers that are asked for beside the one of a message. */
const MOST_SIMILAR = 3;

/**
 * Whether an earlier message may be for the same person, although nobody knows that yet: then this one waits. Either nobody
 * knows who the earlier one is for, or of its person only the number is known and of this one only the LID, or the other
 * way round: where WhatsApp puts the earlier one may tell.
 */
export async function mustWait(
  db: Database,
  dialect: DialectName,
  scope: Scope,
  message: Message,
  now: number,
): Promise<boolean> {
  const person = await personBehind(db, message.chatKey);
  if (person === undefined) return false;
  return (
    (await isBehindUnresolved(db, dialect, scope, message, person, now)) ||
    (await isBehindOtherHalf(db, dialect, scope, message, person, now))
  );
}

async function isBehindUnresolved(
  db: Database,
  dialect: DialectName,
  { account }: Scope,
  message: Message,
  person: PersonRow,
  now: number,
): Promise<boolean> {
  for (const { order, condition } of mayBe(dialect, message.session, person)) {
    const earlier = db
      .selectFrom('messages')
      .select('seq')
      .where(stateIs.open)
      .where('chat_key', 'is', null)
      .where('seq', '<', message.seq)
      .where(sql<boolean>`coalesce(account, ${account}) = ${account} and not ${isPassedOver(now)}`)
      .where(condition)
      .orderBy(order)
      .orderBy('seq')
      .limit(1);
    if ((await earlier.executeTakeFirst()) !== undefined) return true;
  }
  return false;
}

async function isBehindOtherHalf(
  db: Database,
  dialect: DialectName,
  { session, account }: Scope,
  { seq }: Message,
  { phone_number, lid }: PersonRow,
  now: number,
): Promise<boolean> {
  const missing = phone_number === null ? 'phone_number' : 'lid';
  const sought = phone_number === null ? 'lid' : 'phone_number';
  if (phone_number !== null && lid !== null) return false;
  const half = await db
    .selectFrom('people')
    .select('id')
    .where('session', '=', session)
    .where('account', '=', account)
    .where(sought, 'is', null)
    .where(missing, 'is not', null)
    .limit(1)
    .executeTakeFirst();
  if (half === undefined) return false;
  const values = { session, account, now, soon: now + SOON_MS, seq };
  return (await otherHalves.run(db, dialect, { missing, sought }, values)).length > 0;
}

type Half = 'phone_number' | 'lid';

/** The first messages of queues before `seq` whose person has one half of the ids, and not the other one. */
const otherHalves = new WrittenOnce<{ readonly missing: Half; readonly sought: Half }, object>(
  (value, { missing, sought }, dialect) => sql`select messages.seq from messages
    inner join people on people.id = ${PERSON_OF_KEY}
    where ${isAmong(dialect, candidatesBefore(value, dialect))}
    and ${isFirst({ account: value('account'), now: value('now'), isHeld: true })}
    and (${isNotSetAside} or next_try_at <= ${value('now')}) and people.${sql.ref(sought)} is null and people.${sql.ref(missing)} is not null limit 1`,
);

/** As `personIdOf`. */
const PERSON_OF_KEY = sql`(case when chat_key like 'person:%' then cast(substr(chat_key, 8) as bigint) end)`;

/**
 * The numbers that the release before has noted and that may be another form of this one: to tell, WhatsApp is asked for
 * them too. Few numbers end alike.
 */
export async function similarTo(
  db: Database,
  { session, account }: Scope,
  chatId: string,
): Promise<string[]> {
  const { phone_number } = personOf(chatId) ?? {};
  if (phone_number === undefined) return [];
  const rows = await db
    .selectFrom('people')
    .select('phone_number')
    .where('session', '=', session)
    .where('account', '=', account)
    .where('address', 'is', null)
    .where('phone_number', 'like', `%${phone_number.slice(-TAIL_DIGITS)}`)
    .where('phone_number', '!=', phone_number)
    .limit(MOST_SIMILAR)
    .execute();
  return rows.map((row) => `${row.phone_number}@c.us`);
}

/**
 * When the person of a row without a key may be this one, by another form of the number or by what is not known yet. Each
 * condition has the order of the one index that finds such rows, or PostgreSQL may take another one.
 */
function mayBe(dialect: DialectName, session: string, { phone_number, lid }: PersonRow) {
  const tail = tailOf(dialect);
  const own = `${phone_number}@c.us`.slice(-TAIL_CHARACTERS);
  const isNumber = { order: tail, condition: sql<boolean>`(session = ${session} and chat_id like '%@c.us')` };
  const sameTail = {
    order: tail,
    condition: sql<boolean>`(session = ${session} and ${tail} >= ${own} and ${tail} <= ${own})`,
  };
  const inLids = sql<string>`(session || '')`;
  const isLid = {
    order: inLids,
    condition: sql<boolean>`(chat_id like '%@lid' and ${inLids} >= ${session} and ${inLids} <= ${session})`,
  };
  if (phone_number === null) return lid === null ? [] : [isNumber];
  return lid === null ? [sameTail, isLid] : [sameTail];
}

/** The text of an index. */
function tailOf(dialect: DialectName): RawBuilder<string> {
  return dialect === 'postgres' ? sql<string>`right(chat_id, 12)` : sql<string>`substr(chat_id, -12)`;
}
