import { type RawBuilder, sql } from 'kysely';
import type { Scope } from '../../account/scope.ts';
import { LANE, LANE_NUMBERS, type Lane, type SlowLane } from '../lanes.ts';
import { SET_ASIDE } from '../page-compat.ts';
import { stateIs } from '../state-sql.ts';

/**
 * Messages that may be the first of their queue: those that are not known to be behind another one (`behind`). Each range
 * is read in the order of an index of its own, so its cost is that of the rows that are taken, however many there are.
 */
export interface CandidateQuery {
  readonly scope: Scope;
  /** The lanes in which nothing can begin: only looks for messages that may have been sent are taken from them. */
  readonly fullLanes: readonly SlowLane[];
  /** Whether messages may be set aside; otherwise those that are count like any other. */
  readonly isHeld: boolean;
  /** Unix time in ms. */
  readonly now: number;
}

/** A place in the order in which messages are due. */
export interface Place {
  readonly nextTryAt: number;
  readonly seq: number;
}

/** The text of an index, as `queueOf`. */
export const KEY = sql`coalesce(chat_key, chat_id)`;
/** The text of an index. */
export const ACCOUNT = sql`coalesce(account, '')`;
const LANES: readonly Lane[] = ['none', 'preview', 'upload'];
export const isNotSetAside = sql<boolean>`coalesce(error_code, '') <> ${sql.lit(SET_ASIDE)}`;
export const isSetAside = sql<boolean>`error_code = ${sql.lit(SET_ASIDE)}`;

/** The accounts whose messages count: those that have none count for each. */
export function accountsOf({ account }: Scope): readonly string[] {
  return account === '' ? [''] : ['', account];
}

/** The `seq` of the next candidates behind a place that are due, at most `limit` of each kind. */
export function dueCandidates(query: CandidateQuery, place: Place, limit: number): RawBuilder<number> {
  const { now, fullLanes } = query;
  const isNext = sql`next_try_at <= ${now} and (next_try_at, seq) > (${place.nextTryAt}, ${place.seq})`;
  const ofAny = isOfAny(query.scope);
  const isOpenLane =
    fullLanes.length === 0 ? sql`` : sql` and (${onlyLooks(now)} or not ${isOfLanes(fullLanes)})`;
  const wheres = [
    ...rangesOf(query, fullLanes).map((range) => sql`${range} and ${isNext}`),
    ...setAsideStates(query.isHeld).map(
      (state) =>
        sql`session = ${query.scope.session} and ${stateIs.open} and ${isSetAside} and state = ${state} and ${ofAny}
          and ${isNext}${isOpenLane}`,
    ),
    ...(fullLanes.length === 0
      ? []
      : [sql`cancel_at is not null`, sql`expires_at <= ${now}`].map(
          (isLook) =>
            sql`session = ${query.scope.session} and ${stateIs.inDoubt} and ${isLook} and ${isNotSetAside} and ${ofAny}
              and ${isNext}`,
        )),
  ];
  const parts = wheres.map(
    (where) => sql<number>`select seq from (select seq from messages where ${where}
      order by next_try_at, seq limit ${limit}) as part`,
  );
  return sql<number>`${sql.join(parts, sql` union all `)}`;
}

/** The moments, as Unix time in ms, of the first candidate of each kind that is due later than now. */
export function laterMoments(query: CandidateQuery): RawBuilder<number> {
  const { now, scope, isHeld } = query;
  const isLater = sql`next_try_at > ${now}`;
  const wheres = [
    ...rangesOf(query, []),
    ...(isHeld ? [] : setAsideStates(false)).map(
      (state) =>
        sql`session = ${scope.session} and ${stateIs.open} and ${isSetAside} and state = ${state} and ${isOfAny(scope)}`,
    ),
  ];
  const parts = wheres.map(
    (
      where,
    ) => sql<number>`select next_try_at from (select next_try_at from messages where ${where} and ${isLater}
      order by next_try_at, seq limit 1) as part`,
  );
  return sql<number>`${sql.join(parts, sql` union all `)}`;
}

/** The candidates before a message that are due at `now`, and all that may have been sent. */
export function candidatesBefore(
  query: Pick<CandidateQuery, 'scope' | 'now'>,
  seq: number,
): RawBuilder<number> {
  const { scope, now } = query;
  const wheres = [
    ...rangesOf({ ...query, fullLanes: [], isHeld: true }, []).map(
      (range) => sql`${range} and next_try_at <= ${now}`,
    ),
    sql`session = ${scope.session} and ${stateIs.inDoubt} and ${isOfAny(scope)}`,
  ];
  const parts = wheres.map((where) => sql`select seq from messages where ${where} and seq < ${seq}`);
  return sql<number>`${sql.join(parts, sql` union all `)}`;
}

/** Conditions that together take in each candidate that is not set aside and whose lane is not full. */
function rangesOf({ scope }: CandidateQuery, fullLanes: readonly SlowLane[]): RawBuilder<boolean>[] {
  const open = LANES.filter((lane) => !fullLanes.some((full) => full === lane));
  return accountsOf(scope).flatMap((account) =>
    open.map(
      (lane) =>
        sql<boolean>`session = ${scope.session} and ${stateIs.open} and behind is null and ${isNotSetAside}
          and ${ACCOUNT} = ${account} and ${LANE} = ${sql.lit(LANE_NUMBERS[lane])}`,
    ),
  );
}

/** What is set aside and may have been sent is looked for from time to time. */
function setAsideStates(isHeld: boolean): readonly string[] {
  return isHeld ? ['sending'] : ['queued', 'sending'];
}

function isOfAny(scope: Scope): RawBuilder<boolean> {
  return sql<boolean>`${ACCOUNT} in (${sql.join([...accountsOf(scope)])})`;
}

function isOfLanes(lanes: readonly SlowLane[]): RawBuilder<boolean> {
  return sql<boolean>`(${LANE} in (${sql.join(lanes.map((lane) => sql.lit(LANE_NUMBERS[lane])))}))`;
}

/** As `onlyLooksFor`: a look needs no place in a slow lane. */
function onlyLooks(now: number): RawBuilder<boolean> {
  return sql<boolean>`(${stateIs.inDoubt} and (cancel_at is not null or expires_at <= ${now}))`;
}
