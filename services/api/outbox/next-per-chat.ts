import { type Selectable, sql } from 'kysely';
import type { Scope } from '../account/scope.ts';
import { isAmong } from '../store/among.ts';
import type { Database, DialectName, Store } from '../store/store.ts';
import type { Tables } from '../store/tables.ts';
import { WrittenOnce } from '../store/written-once.ts';
import { isFirst, notePlaces } from './heads/ahead.ts';
import { type Candidates, dueCandidates, laterMoments, valuesOf } from './heads/candidates.ts';
import { type Message, toMessage } from './message.ts';
import { stateIs } from './state-sql.ts';

/** What the dispatcher looks for. */
export interface HeadQuery extends Candidates {
  readonly scope: Scope;
  /** Unix time in ms. */
  readonly now: number;
  readonly limit: number;
}

/** Candidates that one further query checks, if the first ones were not enough. */
const PAGE = 200;
/** So few candidates that turn out to be behind another message cost a look less than a note of it. */
const TOLERATED = 50;

type Row = Selectable<Tables['messages']> & { readonly is_first: unknown };

const heads = new WrittenOnce<Candidates, Row>((value, candidates, dialect) => {
  const moment = { account: value('account'), now: value('now'), isHeld: candidates.isHeld };
  return sql<Row>`select messages.*, ${isFirst(moment)} as is_first from messages
    where ${isAmong(dialect, dueCandidates(value, candidates, dialect))}
    order by next_try_at, seq limit ${value('limit')}`;
});

const later = new WrittenOnce<Candidates, { readonly at: number | null }>(
  (value, candidates, dialect) =>
    sql`select min(next_try_at) as at from (${laterMoments(value, candidates, dialect)}) as later`,
);

/**
 * The first unsettled message of each chat, which alone may be sent, if it is due. `note`: called with the `seq` of
 * candidates that are behind another message, when they are many.
 */
export async function readHeads(
  db: Database,
  dialect: DialectName,
  { scope, now, limit, fullLanes, isHeld }: HeadQuery,
  note: (seqs: readonly number[]) => Promise<void> = async () => undefined,
): Promise<Message[]> {
  const found: Message[] = [];
  const behind: number[] = [];
  let place = { at: -1, seq: 0 };
  for (let size = limit; found.length < limit; size = PAGE) {
    const values = { ...valuesOf(scope, now), ...place, limit: size };
    const page = await heads.run(db, dialect, { fullLanes, isHeld }, values);
    for (const row of page) {
      if (isTrue(row.is_first)) found.push(toMessage(row));
      else behind.push(row.seq);
    }
    if (behind.length > TOLERATED) await note(behind.splice(0));
    const last = page.at(-1);
    if (last === undefined || page.length < size) break;
    place = { at: last.next_try_at, seq: last.seq };
  }
  return found.slice(0, limit);
}

/** As `readHeads`, and notes which candidates are behind another message, so that each is checked once. */
export function findHeads(store: Store, query: HeadQuery): Promise<Message[]> {
  return store.read((db, dialect) =>
    readHeads(db, dialect, query, (seqs) => store.write((writer) => notePlaces(writer, dialect, seqs))),
  );
}

/** SQLite has no booleans. */
function isTrue(value: unknown): boolean {
  return value === true || value === 1;
}

/** Whether there is a message that has a place in a queue. */
export async function hasOpen(db: Database, session: string): Promise<boolean> {
  const messages = db.selectFrom('messages').select('seq').where('session', '=', session);
  return (await messages.where(stateIs.open).limit(1).executeTakeFirst()) !== undefined;
}

/**
 * The next moment, as Unix time in ms, when there may be something to do if nothing comes in; what is due now does not
 * count.
 */
export async function nextMoment(
  db: Database,
  dialect: DialectName,
  { scope, now, isHeld }: Omit<HeadQuery, 'limit'>,
): Promise<number | undefined> {
  const [first] = await later.run(db, dialect, { fullLanes: [], isHeld }, valuesOf(scope, now));
  const byClock = await nextByClock(db);
  return earliest(first?.at, byClock !== undefined && byClock > now ? byClock : undefined);
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
