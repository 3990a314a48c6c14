import { sql } from 'kysely';
import { isAmong } from '../store/among.ts';
import type { Database, DialectName, Store } from '../store/store.ts';
import { isFirst, notePlaces } from './heads/ahead.ts';
import { type CandidateQuery, dueCandidates, laterMoments, type Place } from './heads/candidates.ts';
import { type Message, toMessage } from './message.ts';
import { stateIs } from './state-sql.ts';

/** What the dispatcher looks for. */
export interface HeadQuery extends CandidateQuery {
  readonly limit: number;
}

/** As many candidates are told apart in one query where the first ones were not enough. */
const PAGE = 200;
/** So few candidates that turn out to be behind another message cost a look less than a note of it. */
const TOLERATED = 50;
/** Before every message. */
const START: Place = { nextTryAt: -1, seq: 0 };

/**
 * The first unsettled message of each chat, which alone may be sent, if it is due. `note`: called with the `seq` of
 * candidates that are behind another message, when they are many.
 */
export async function readHeads(
  db: Database,
  dialect: DialectName,
  query: HeadQuery,
  note: (seqs: readonly number[]) => Promise<void> = async () => undefined,
): Promise<Message[]> {
  const heads: Message[] = [];
  const behind: number[] = [];
  let place = START;
  for (let size = query.limit; heads.length < query.limit; size = PAGE) {
    const page = await readPage(db, dialect, query, place, size);
    for (const row of page) {
      if (isTrue(row.is_first)) heads.push(toMessage(row));
      else behind.push(row.seq);
    }
    if (behind.length > TOLERATED) await note(behind.splice(0));
    const last = page.at(-1);
    if (last === undefined || page.length < size) break;
    place = { nextTryAt: last.next_try_at, seq: last.seq };
  }
  return heads.slice(0, query.limit);
}

/** As `readHeads`, and notes which candidates are behind another message: each message is told apart once. */
export function findHeads(store: Store, query: HeadQuery): Promise<Message[]> {
  return store.read((db, dialect) =>
    readHeads(db, dialect, query, (seqs) => store.write((writer) => notePlaces(writer, dialect, seqs))),
  );
}

function readPage(db: Database, dialect: DialectName, query: HeadQuery, place: Place, size: number) {
  const { scope, now, isHeld } = query;
  return db
    .selectFrom('messages')
    .selectAll()
    .select(isFirst(scope, now, isHeld).as('is_first'))
    .where(isAmong(dialect, dueCandidates(query, place, size)))
    .orderBy('next_try_at')
    .orderBy('seq')
    .limit(size)
    .execute();
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
export async function nextMoment(db: Database, query: CandidateQuery): Promise<number | undefined> {
  const { rows } = await sql<{
    at: number | null;
  }>`select min(next_try_at) as at from (${laterMoments(query)}) as later`.execute(db);
  const byClock = await nextByClock(db);
  return earliest(rows[0]?.at, byClock !== undefined && byClock > query.now ? byClock : undefined);
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
