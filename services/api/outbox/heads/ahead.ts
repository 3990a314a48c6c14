import { type RawBuilder, sql } from 'kysely';
import type { Database, DialectName } from '../../store/store.ts';
import { stateIs, statesOf } from '../state-sql.ts';
import { countsFor, isNotSetAside, isSetAside } from './candidates.ts';

/**
 * A queue as the text of one index: no other index has a part of it, so PostgreSQL takes this one, whatever it believes of
 * the table. A key has no spaces.
 */
const QUEUE = sql`(session || ' ' || coalesce(chat_key, chat_id))`;

/** The columns of a message that decide what is ahead of it. */
export interface Position {
  readonly session: RawBuilder<unknown>;
  readonly queue: RawBuilder<unknown>;
  readonly seq: RawBuilder<unknown>;
}

/** For which account and when a message is to be the first of its queue. */
export interface Moment {
  readonly account: RawBuilder<unknown>;
  readonly now: RawBuilder<unknown>;
  /** Whether messages may be set aside; otherwise those that are count like any other. */
  readonly isHeld: boolean;
}

/** The position of a row of `messages` in a query of which the condition is part. */
const ROW: Position = {
  session: sql`messages.session`,
  queue: sql`coalesce(messages.chat_key, messages.chat_id)`,
  seq: sql`messages.seq`,
};

/**
 * Whether no message goes before the one at this position. Messages of other accounts do not, nor those that are set
 * aside, unless they are looked for now. The latter are few: the changed terms lead to their index, not through the queue.
 */
export function isFirst({ account, now, isHeld }: Moment, position: Position = ROW): RawBuilder<boolean> {
  const { session, queue, seq } = position;
  const counts = isHeld
    ? sql`state in (${sql.join(statesOf.inDoubt)}) and next_try_at <= ${now}`
    : sql`state in (${sql.join(statesOf.open)})`;
  return sql<boolean>`(not exists (${ahead(position, account)}) and not exists (${ahead(position, sql`''`)})
    and not exists (select seq from messages as ahead where session = ${session} and ${stateIs.open} and ${isSetAside}
      and ${counts} and ${countsFor(account)} and '' || coalesce(chat_key, chat_id) = ${queue} and seq + 0 < ${seq}))`;
}

/**
 * The nearest message that goes before the row whatever the account and the moment are: of the same account or of none,
 * and not set aside. Null without one.
 */
const NEAREST = sql<
  number | null
>`coalesce(${nearest(sql`coalesce(messages.account, '')`)}, ${nearest(sql`''`)})`;

/**
 * Notes for candidates which message goes before each, so that they are no candidates until that one no longer does.
 * In PostgreSQL that message is locked: its end waits for this note, and then takes it back (`messages_release`).
 */
export async function notePlaces(db: Database, dialect: DialectName, seqs: readonly number[]): Promise<void> {
  const isOneOf = sql<boolean>`seq in (${sql.join([...seqs])})`;
  let isStillAhead = sql<boolean>`${NEAREST} is not null`;
  if (dialect === 'postgres') {
    const { rows } = await sql<{ seq: number }>`select seq from messages
      where seq = any(array(select ${NEAREST} from messages where ${isOneOf})) and ${stateIs.open} and ${isNotSetAside}
      order by seq for share`.execute(db);
    if (rows.length === 0) return;
    isStillAhead = sql<boolean>`${NEAREST} in (${sql.join(rows.map(({ seq }) => seq))})`;
  }
  await db
    .updateTable('messages')
    .set({ behind: NEAREST })
    .where(isOneOf)
    .where(stateIs.open)
    .where(isStillAhead)
    .execute();
}

/** The columns without a table are those of the message ahead. One account each: PostgreSQL takes two for a long way. */
function ahead({ session, queue, seq }: Position, account: RawBuilder<unknown>): RawBuilder<number> {
  return sql<number>`select seq from messages as ahead where ${QUEUE} = ${session} || ' ' || ${queue}
    and coalesce(account, '') = ${account} and ${stateIs.open} and ${isNotSetAside} and seq < ${seq}`;
}

function nearest(account: RawBuilder<unknown>): RawBuilder<number> {
  return sql<number>`(${ahead(ROW, account)} order by seq desc limit 1)`;
}
