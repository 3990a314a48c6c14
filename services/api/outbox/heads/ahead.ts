import { type RawBuilder, sql } from 'kysely';
import type { Scope } from '../../account/scope.ts';
import type { Database, DialectName } from '../../store/store.ts';
import { type Message, queueOf } from '../message.ts';
import { stateIs } from '../state-sql.ts';
import { ACCOUNT, accountsOf, isNotSetAside, isSetAside, KEY } from './candidates.ts';

/** The columns of a message that decide what is ahead of it. */
export interface Position {
  readonly session: RawBuilder<unknown>;
  readonly queue: RawBuilder<unknown>;
  readonly seq: RawBuilder<unknown>;
}

/** The position of the row of a query on `messages` that another query on it is part of. */
const ROW: Position = {
  session: sql`messages.session`,
  queue: sql`coalesce(messages.chat_key, messages.chat_id)`,
  seq: sql`messages.seq`,
};

export function positionOf(message: Pick<Message, 'session' | 'chatKey' | 'chatId' | 'seq'>): Position {
  return { session: sql`${message.session}`, queue: sql`${queueOf(message)}`, seq: sql`${message.seq}` };
}

/**
 * Whether no message goes before the one at this position: messages of other accounts and those that are set aside do
 * not, unless the latter are looked for now. `isHeld`: otherwise those that are set aside count like any other.
 */
export function isFirst(
  scope: Scope,
  now: number,
  isHeld: boolean,
  position: Position = ROW,
): RawBuilder<boolean> {
  const accounts = accountsOf(scope);
  const queued = isHeld ? sql`` : sql` or (state = 'queued') is true`;
  const ahead = accounts.map((account) => sql`not exists (${oneAhead(position, sql`${account}`)})`);
  return sql<boolean>`(${sql.join(ahead, sql` and `)} and not exists (select 1 from messages as ahead
    where session = ${position.session} and ${stateIs.open} and ${isSetAside}
    and (((state = 'sending') is true and next_try_at <= ${isHeld ? now : sql`next_try_at`})${queued})
    and ${ACCOUNT} in (${sql.join([...accounts])}) and ${KEY} = ${position.queue} and seq < ${position.seq}))`;
}

/**
 * The nearest message that goes before the row whatever the account and the moment are: of the same account or of none,
 * and not set aside. Null without one.
 */
const NEAREST = sql<number | null>`coalesce((${oneAhead(ROW, sql`coalesce(messages.account, '')`)}),
  (${oneAhead(ROW, sql`''`)}))`;

/**
 * Notes for candidates which message goes before each, so that they are no candidates until that one no longer does.
 * In PostgreSQL that message is locked: its end waits for this note, and then takes it back (`messages_release`).
 */
export async function notePlaces(db: Database, dialect: DialectName, seqs: readonly number[]): Promise<void> {
  const isOneOf = sql<boolean>`seq in (${sql.join([...seqs])})`;
  let isLocked = sql<boolean>`${NEAREST} is not null`;
  if (dialect === 'postgres') {
    const { rows } = await sql<{ seq: number }>`select seq from messages
      where seq = any(array(select ${NEAREST} from messages where ${isOneOf})) and ${stateIs.open} and ${isNotSetAside}
      order by seq for share`.execute(db);
    if (rows.length === 0) return;
    isLocked = sql<boolean>`${NEAREST} in (${sql.join(rows.map(({ seq }) => seq))})`;
  }
  await db
    .updateTable('messages')
    .set({ behind: NEAREST })
    .where(isOneOf)
    .where(stateIs.open)
    .where(isLocked)
    .execute();
}

/** In the order of the one index that has it, or PostgreSQL may take another one. */
function oneAhead({ session, queue, seq }: Position, account: RawBuilder<unknown>): RawBuilder<number> {
  return sql<number>`select seq from messages as ahead where session = ${session} and ${stateIs.open} and ${isNotSetAside}
    and ${KEY} >= ${queue} and ${KEY} <= ${queue} and ${ACCOUNT} >= ${account} and ${ACCOUNT} <= ${account}
    and seq < ${seq} order by ${KEY} desc, ${ACCOUNT} desc, seq desc limit 1`;
}
