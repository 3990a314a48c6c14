import { KitError } from '../../../contract/errors.ts';
import type { AccountChangedEvent } from '../../../contract/events.ts';
import type { Account } from '../../../contract/person.ts';
import { appendEvents, lockLog } from '../../events/log-writer.ts';
import { stateIs } from '../../outbox/state-sql.ts';
import type { Database, DialectName } from '../../store/store.ts';
import { nameOf } from '../account-texts.ts';
import {
  type Accounts,
  changeOf,
  type Decision,
  type DecisionCounts,
  readAccounts,
  revisionOf,
  writeAccounts,
} from '../linked-account.ts';
import { type Page, readForeign, START, settlePage } from './settle-messages.ts';

/** What one step of a decision has left. */
export type Step =
  /** There may be more after this place. `ids`: the messages that changed. */
  | { readonly kind: 'more'; readonly after: Page; readonly ids: readonly string[] }
  | { readonly kind: 'done'; readonly decided: Decided }
  /** Another account has been linked, or the owner is back: nothing more of the decision is carried out. */
  | { readonly kind: 'gone' };

/** A decision that was carried out. */
export interface Decided extends DecisionCounts {
  readonly decision: Decision;
  /** The account to which the messages belonged. */
  readonly previous: Account;
  /** The account that is linked, and owns the session now. */
  readonly linked: Account;
}

const NONE: DecisionCounts = { settled: 0, failed: 0, ended_unknown: 0 };

/**
 * Notes that a decision is to be carried out, or that the same one is under way. Throws KitError `account_unchanged`, and
 * `account_changed` when another account is linked than `expected`, or the other decision is under way.
 */
export async function beginDecision(
  db: Database,
  dialect: DialectName,
  session: string,
  decision: Decision,
  expected: string | undefined,
): Promise<Account> {
  await lockLog(db, dialect);
  const accounts = await readAccounts(db, session);
  const { linked, deciding } = accounts;
  if (expected !== undefined && linked?.id !== expected && linked?.lid !== expected)
    throw new KitError(
      'account_changed',
      linked === undefined
        ? 'no account is linked now: nothing was decided'
        : `${nameOf(linked)} is linked now, and not ${expected}: nothing was decided`,
    );
  const change = changeOf(accounts);
  if (change === undefined) throw new KitError('account_unchanged', whyUnchanged(accounts));
  if (deciding !== undefined && deciding.decision !== decision)
    throw new KitError('account_changed', `the decision ${deciding.decision} is being carried out already`);
  if (deciding === undefined)
    await writeAccounts(db, session, { ...accounts, deciding: { decision, ...NONE } });
  return change.linked;
}

/** Carries a decision for `linked` on from `place`, in one transaction. */
export async function stepDecision(
  db: Database,
  dialect: DialectName,
  session: string,
  linked: Account,
  place: Page,
  now: number,
): Promise<Step> {
  await lockLog(db, dialect);
  const accounts = await readAccounts(db, session);
  const { deciding } = accounts;
  const change = changeOf(accounts);
  if (deciding === undefined || change === undefined || change.linked.id !== linked.id)
    return { kind: 'gone' };
  const page = await readForeign(db, session, linked.id, place);
  if (page !== undefined) {
    const counts = await settlePage(db, dialect, deciding.decision, change, page.rows, now);
    await writeAccounts(db, session, { ...accounts, deciding: { ...deciding, ...sum(deciding, counts) } });
    return { kind: 'more', after: page.next, ids: page.rows.map(({ id }) => id) };
  }
  // A message may have changed its state, or have come in, behind the place.
  if (await hasForeign(db, session, linked.id)) return { kind: 'more', after: START, ids: [] };
  return { kind: 'done', decided: await finish(db, dialect, session, accounts, now) };
}

async function finish(
  db: Database,
  dialect: DialectName,
  session: string,
  accounts: Accounts,
  now: number,
): Promise<Decided> {
  const { deciding, changed: _changed, ...others } = accounts;
  const change = changeOf(accounts);
  if (deciding === undefined || change === undefined) throw new Error('there is nothing to finish');
  const { owner, linked } = change;
  const { decision, ...counts } = deciding;
  const decided = { decision, linked: linked.id, at: now, ...counts };
  await writeAccounts(db, session, { ...others, owner: linked, linked, decided });
  const event: AccountChangedEvent = {
    session,
    key: `account_changed:${revisionOf(accounts)}:${decision}`,
    at: new Date(now).toISOString(),
    account: linked.id,
    kind: 'account_changed',
    data: { owner, linked, decision, reason: outcomeText(decision, change, counts) },
  };
  await appendEvents(db, dialect, [event], now);
  return { decision, previous: owner, linked, ...counts };
}

function outcomeText(
  decision: Decision,
  { owner, linked }: { owner: Account; linked: Account },
  { settled, failed, ended_unknown }: DecisionCounts,
): string {
  const what =
    decision === 'adopt'
      ? `messages of ${nameOf(owner)} that go out from ${nameOf(linked)}: ${settled}; that failed, because they refer to others of ${nameOf(owner)}: ${failed}`
      : `messages of ${nameOf(owner)} that were canceled: ${settled}`;
  return `${what}; that ended, because they may have been sent already: ${ended_unknown}. The session belongs to ${nameOf(linked)} now`;
}

async function hasForeign(db: Database, session: string, linked: string): Promise<boolean> {
  for (const isUnsettled of [stateIs.open, stateIs.scheduled]) {
    const row = await db
      .selectFrom('messages')
      .select('seq')
      .where('session', '=', session)
      .where(isUnsettled)
      .where((each) => each.or([each('account', 'is', null), each('account', '!=', linked)]))
      .limit(1)
      .executeTakeFirst();
    if (row !== undefined) return true;
  }
  return false;
}

function whyUnchanged({ owner, linked, decided }: Accounts): string {
  if (decided !== undefined && decided.linked === linked?.id)
    return `the session belongs to ${nameOf(linked)}, which is linked: ${decided.decision} was carried out at ${new Date(decided.at).toISOString()}`;
  if (owner === undefined) return 'no account has been linked yet';
  if (linked === undefined) return `no account is linked now; the session belongs to ${nameOf(owner)}`;
  return `the session belongs to ${nameOf(owner)}, which is linked: there is nothing to decide`;
}

function sum(one: DecisionCounts, other: DecisionCounts): DecisionCounts {
  return {
    settled: one.settled + other.settled,
    failed: one.failed + other.failed,
    ended_unknown: one.ended_unknown + other.ended_unknown,
  };
}
