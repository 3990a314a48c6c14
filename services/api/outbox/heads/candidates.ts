import { type RawBuilder, sql } from 'kysely';
import type { Scope } from '../../account/scope.ts';
import type { DialectName } from '../../store/store.ts';
import type { Parameter } from '../../store/written-once.ts';
import { LANE, LANE_NUMBERS, type Lane, type SlowLane } from '../lanes.ts';
import { SET_ASIDE } from '../page-compat.ts';
import { stateIs, statesOf } from '../state-sql.ts';

/**
 * Messages that may be the first of their queue: those that are not known to be behind another one (`behind`). Each range
 * is read in the order of an index of its own, so its cost is that of the rows that are taken, however many there are.
 */
export interface Candidates {
  /** The lanes in which nothing can begin: only looks for messages that may have been sent are taken from them. */
  readonly fullLanes: readonly SlowLane[];
  /** Whether messages may be set aside; otherwise those that are count like any other. */
  readonly isHeld: boolean;
}

/** The text of an index. */
const ACCOUNT = sql`coalesce(account, '')`;
const LANES: readonly Lane[] = ['none', 'preview', 'upload'];
export const isNotSetAside = sql<boolean>`coalesce(error_code, '') <> ${sql.lit(SET_ASIDE)}`;
export const isSetAside = sql<boolean>`error_code = ${sql.lit(SET_ASIDE)}`;

/** Whether the message counts for an account: one that has none counts for each. */
export function countsFor(account: RawBuilder<unknown>): RawBuilder<boolean> {
  return sql<boolean>`${ACCOUNT} in ('', ${account})`;
}

/** The values of the queries below. */
export function valuesOf({ session, account }: Scope, now: number) {
  return { session, account, now };
}

/** The `seq` of the next candidates that are due, behind the place `at`, `seq`: at most `limit` of each kind. */
export function dueCandidates(
  value: Parameter,
  candidates: Candidates,
  dialect: DialectName,
): RawBuilder<number> {
  const { fullLanes } = candidates;
  const now = value('now');
  const taken = sql`next_try_at <= ${now} and (next_try_at, seq) > (${value('at')}, ${value('seq')})
    order by next_try_at, seq limit ${value('limit')}`;
  const ofSession = sql`session = ${value('session')} and ${countsFor(value('account'))}`;
  const looks = fullLanes.length === 0 ? [] : [sql`cancel_at is not null`, sql`expires_at <= ${now}`];
  const hasRoom = looks.length === 0 ? sql`` : sql` and (not ${isOfLanes(fullLanes)} or ${onlyLooks(now)})`;
  return union([
    inRanges(value, dialect, fullLanes, sql`seq`, taken),
    ...setAside(candidates).map(
      (isState) => sql`select seq from messages where ${ofSession} and ${isState}${hasRoom} and ${taken}`,
    ),
    ...looks.map(
      (isLook) =>
        sql`select seq from messages where ${ofSession} and ${stateIs.inDoubt} and ${isLook} and ${isNotSetAside}
          and ${taken}`,
    ),
  ]);
}

/** The moments, as Unix time in ms, of the first candidate of each kind that is due later than now. */
export function laterMoments(
  value: Parameter,
  candidates: Candidates,
  dialect: DialectName,
): RawBuilder<number> {
  const taken = sql`next_try_at > ${value('now')} order by next_try_at, seq limit 1`;
  const ofSession = sql`session = ${value('session')} and ${countsFor(value('account'))}`;
  return union([
    inRanges(value, dialect, [], sql`next_try_at`, taken),
    ...(candidates.isHeld ? [] : setAside(candidates)).map(
      (isState) => sql`select next_try_at from messages where ${ofSession} and ${isState} and ${taken}`,
    ),
  ]);
}

/** The `seq` of the candidates before the message `seq` that are due at `soon`, and of all that may have been sent. */
export function candidatesBefore(value: Parameter, dialect: DialectName): RawBuilder<number> {
  const isBefore = sql`seq < ${value('seq')}`;
  return union([
    inRanges(value, dialect, [], sql`seq`, sql`next_try_at <= ${value('soon')} and ${isBefore}`),
    sql`select seq from messages where session = ${value('session')} and ${stateIs.inDoubt}
      and ${countsFor(value('account'))} and ${isBefore}`,
  ]);
}

/** What is taken of each range of candidates: those that are not set aside, by account and by lane. */
function inRanges(
  value: Parameter,
  dialect: DialectName,
  fullLanes: readonly SlowLane[],
  column: RawBuilder<unknown>,
  taken: RawBuilder<unknown>,
): RawBuilder<unknown> {
  const lanes = LANES.filter((lane) => !fullLanes.some((full) => full === lane)).map((lane) =>
    sql.lit(LANE_NUMBERS[lane]),
  );
  const range = (account: RawBuilder<unknown>, lane: RawBuilder<unknown>) =>
    sql`select ${column} from messages where session = ${value('session')} and ${stateIs.open} and behind is null
      and ${isNotSetAside} and ${ACCOUNT} = ${account} and ${LANE} = ${lane} and ${taken}`;
  const accounts = [sql`''`, dialect === 'postgres' ? sql`${value('account')}::text` : value('account')];
  // PostgreSQL plans each query of a union each time; SQLite has no `lateral`.
  return dialect === 'postgres'
    ? sql`select part.* from (select distinct account from (values (${sql.join(accounts, sql`), (`)})) as given (account))
        as accounts, (values (${sql.join(lanes, sql`), (`)})) as lanes (lane),
        lateral (${range(sql`accounts.account`, sql`lanes.lane`)}) as part`
    : union(accounts.flatMap((account) => lanes.map((lane) => range(account, lane))));
}

/** What is set aside and may have been sent is looked for from time to time. */
function setAside({ isHeld }: Candidates): readonly RawBuilder<boolean>[] {
  const states = isHeld ? statesOf.inDoubt : statesOf.open;
  return states.map((state) => sql<boolean>`${stateIs.open} and ${isSetAside} and state = ${state}`);
}

/** Each part in brackets: it has an order and a limit of its own. */
function union(parts: readonly RawBuilder<unknown>[]): RawBuilder<number> {
  const inBrackets = parts.map((part) => sql`select * from (${part}) as part`);
  return sql<number>`${sql.join(inBrackets, sql` union all `)}`;
}

function isOfLanes(lanes: readonly SlowLane[]): RawBuilder<boolean> {
  return sql<boolean>`(${LANE} in (${sql.join(lanes.map((lane) => sql.lit(LANE_NUMBERS[lane])))}))`;
}

/** As `onlyLooksFor`: a look needs no place in a slow lane. */
function onlyLooks(now: RawBuilder<unknown>): RawBuilder<boolean> {
  return sql<boolean>`(${stateIs.inDoubt} and (cancel_at is not null or expires_at <= ${now}))`;
}
