import { type RawBuilder, sql } from 'kysely';
import { isAmong } from '../store/among.ts';
import type { Database, DialectName } from '../store/store.ts';
import { isOfLane, type SlowLane } from './lanes.ts';
import { type Message, queueOf, toMessage } from './message.ts';
import { isPassedOver } from './page-compat.ts';
import { stateIs } from './state-sql.ts';

/**
 * The first unsettled message of each chat, which alone may be sent, if it is due. Chats are found by jumping from one
 * to the next in the index: the cost grows with the chats that have something to send, not with their messages. Those
 * of the lanes that are full are left out, so that they do not hide what can be sent. `isHeld`: some messages may be set
 * aside, and those behind them go on. Messages of another account than `account` are passed over.
 */
export async function readHeads(
  db: Database,
  dialect: DialectName,
  session: string,
  now: number,
  limit: number,
  full: readonly SlowLane[],
  isHeld = false,
  account = '',
): Promise<Message[]> {
  let heads = db
    .selectFrom('messages')
    .selectAll()
    .where(isAmong(dialect, headsOf(session, account, isHeld ? now : undefined)))
    .where('next_try_at', '<=', now)
    .orderBy('next_try_at')
    .orderBy('seq')
    .limit(limit);
  for (const lane of full)
    heads = heads.where(sql<boolean>`not (${isOfLane[lane]} and not ${onlyLooks(now)})`);
  return (await heads.execute()).map(toMessage);
}

/** Whether there is a message that has a place in a queue. */
export async function hasOpen(db: Database, session: string): Promise<boolean> {
  const messages = db.selectFrom('messages').select('seq').where('session', '=', session);
  return (await messages.where(stateIs.open).limit(1).executeTakeFirst()) !== undefined;
}

/** The next moment, as Unix time in ms, when there is something to do if nothing comes in; what is due now does not count. */
export async function nextMoment(
  db: Database,
  dialect: DialectName,
  session: string,
  now: number,
  isHeld = false,
  account = '',
): Promise<number | undefined> {
  const head = await db
    .selectFrom('messages')
    .select(({ fn }) => fn.min('next_try_at').as('at'))
    .where(isAmong(dialect, headsOf(session, account, isHeld ? now : undefined)))
    .where('next_try_at', '>', now)
    .executeTakeFirst();
  const byClock = await nextByClock(db);
  return earliest(head?.at, byClock !== undefined && byClock > now ? byClock : undefined);
}

/** When the clock brings the next change, as Unix time in ms: a message is due, or overdue. Costs next to nothing. */
export async function nextByClock(db: Database): Promise<number | undefined> {
  const [scheduled, expiring] = await Promise.all([
    db
      .selectFrom('messages')
      .select(({ fn }) => fn.min('send_at').as('at'))
      .where(stateIs.scheduled)
      .executeTakeFirst(),
    db
      .selectFrom('messages')
      .select(({ fn }) => fn.min('expires_at').as('at'))
      .where(stateIs.unsent)
      .executeTakeFirst(),
  ]);
  return earliest(scheduled?.at, expiring?.at);
}

function earliest(...moments: (number | null | undefined)[]): number | undefined {
  const there = moments.filter((at) => typeof at === 'number');
  return there.length === 0 ? undefined : Math.min(...there);
}

/** As `queueOf`: the text of an index. */
const KEY = sql`coalesce(chat_key, chat_id)`;

/**
 * Whether a row is of a queue. Read it in the order of `KEY, seq`: only one index has that order, and PostgreSQL drops what
 * is equal to a constant from an order.
 */
function isOfQueue(queue: RawBuilder<unknown>): RawBuilder<boolean> {
  return sql<boolean>`(${KEY} >= ${queue} and ${KEY} <= ${queue})`;
}

/** Whether no message comes before this one in its queue: who an earlier one is for may have become known just now. */
export function isFirstOfQueue(message: Message, account: string, now: number): RawBuilder<boolean> {
  return sql<boolean>`not exists (select 1 from messages where session = ${message.session} and ${stateIs.open}
    and ${isOfQueue(sql`${queueOf(message)}`)} and seq < ${message.seq} and coalesce(account, ${account}) = ${account}
    and not ${isPassedOver(now)} order by ${KEY}, seq limit 1)`;
}

/** As `onlyLooksFor`: a look needs no place in a slow lane. */
function onlyLooks(now: number): RawBuilder<boolean> {
  return sql<boolean>`(${stateIs.inDoubt} and (cancel_at is not null or expires_at <= ${now}))`;
}

/** The `seq` of each head. `heldAt`: without the messages that are set aside at this moment. */
export function headsOf(session: string, account: string, heldAt: number | undefined): RawBuilder<number> {
  const held = heldAt === undefined ? sql`` : sql` and not ${isPassedOver(heldAt)}`;
  const others = sql` and coalesce(account, ${account}) = ${account}${held}`;
  return sql<number>`
    with recursive chats (chat) as (
      select (select ${KEY} from messages where session = ${session} and ${stateIs.open} order by ${KEY}, seq limit 1)
      union all
      select (select ${KEY} from messages where session = ${session} and ${stateIs.open} and ${KEY} > chat
        order by ${KEY}, seq limit 1)
      from chats where chat is not null
    )
    select (select seq from messages where session = ${session} and ${stateIs.open} and ${isOfQueue(sql`chat`)}${others}
      order by ${KEY}, seq limit 1)
    from chats where chat is not null`;
}
