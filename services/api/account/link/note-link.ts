import type { BridgeStatus } from '../../../contract/bridge.ts';
import type { AccountChangedEvent, LoggedEvent } from '../../../contract/events.ts';
import type { Account } from '../../../contract/person.ts';
import { appendEvents, lockLog } from '../../events/log-writer.ts';
import { isStorable } from '../../events/storable-text.ts';
import { claimPeople } from '../../people/claim-people.ts';
import type { Database, DialectName } from '../../store/store.ts';
import { nameOf, whyChanged } from '../account-texts.ts';
import { type Accounts, changeOf, readAccounts, revisionOf, writeAccounts } from '../linked-account.ts';
import { fillIn } from './fill-in.ts';

/** What the bridge says of the account of a session. */
export interface Sighting {
  readonly session: string;
  /** Undefined: no account is linked any more. */
  readonly linked: Account | undefined;
  /** Since when the session is in the state that says so, by the bridge's clock. */
  readonly since: string;
  /** The revision of the accounts when the bridge was asked; undefined for an event, which comes in order. */
  readonly revision?: number;
}

/** As the contract has it: `SendBody.account`. */
const MOST_CHARACTERS = 128;
/** The states that show a code: the login is gone. In any other state without an account, the login may still be there. */
const UNLINKED = ['qr', 'pairing'];

/** Notes what the events of the bridge say of the account, in their order. */
export async function noteLinks(
  db: Database,
  dialect: DialectName,
  events: readonly LoggedEvent[],
  now: number,
): Promise<void> {
  for (const event of events) {
    const sighting = event.kind === 'state' ? sightingOf(event.session, event.data) : undefined;
    if (sighting !== undefined) await noteLink(db, dialect, sighting, now);
  }
}

/** What the status of the bridge says of the account; undefined when it says nothing. */
export function sightingOf(
  session: string,
  { state, since, me }: Pick<BridgeStatus, 'state' | 'since' | 'me'>,
): Sighting | undefined {
  if (me !== undefined) return isUsable(me) ? { session, linked: me, since } : undefined;
  return UNLINKED.includes(state) ? { session, linked: undefined, since } : undefined;
}

/**
 * Notes which account is linked, and what follows: the first one owns the session; another one than the owner holds
 * everything back, with one event; the owner that returns ends that. Locks the log. Returns whether an event was appended.
 */
export async function noteLink(
  db: Database,
  dialect: DialectName,
  sighting: Sighting,
  now: number,
): Promise<boolean> {
  const { session, linked, revision } = sighting;
  await lockLog(db, dialect);
  const before = await readAccounts(db, session);
  if (isStale(before, sighting)) return false;
  const after = accountsAfter(before, linked, now);
  // A status may be ahead of events that are under way. After an event that is not of the past, none is.
  const known_since = revision === undefined ? undefined : sighting.since;
  const isSame = JSON.stringify(after) === JSON.stringify(accountsAfter(before, before.linked, now));
  if (!isSame || (revision === undefined && before.known_since !== undefined))
    await writeAccounts(db, session, { ...after, known_since });
  if (linked === undefined) return false;
  if (before.owner === undefined) await claimPeople(db, session, linked.id);
  // Messages without an account belong to the owner, also if another account is linked next.
  await fillIn(db, session, after.owner ?? linked);
  const event = newsOf(session, before, after, now);
  if (event === undefined) return false;
  await appendEvents(db, dialect, [event], now);
  return true;
}

function accountsAfter(before: Accounts, seen: Account | undefined, now: number): Accounts {
  const { deciding: _deciding, ...others } = before;
  if (seen === undefined) return { ...others, linked: undefined };
  // The page knows some of an account later than its number.
  const known = [before.owner, before.linked].find((account) => account?.id === seen.id);
  const linked = { ...known, ...seen };
  const owner = before.owner?.id === linked.id ? linked : (before.owner ?? linked);
  if (owner.id === linked.id) return { ...others, owner, linked, changed: undefined };
  if (before.linked?.id === linked.id) return { ...before, linked };
  const at = before.changed?.account.id === linked.id ? before.changed.at : now;
  return { ...others, linked, changed: { account: linked, at } };
}

function isStale(accounts: Accounts, { since, revision }: Sighting): boolean {
  // An event has come since the bridge was asked: the next answer counts.
  if (revision !== undefined) return revision !== revisionOf(accounts);
  const { known_since: known } = accounts;
  return known !== undefined && Date.parse(since) < Date.parse(known);
}

function newsOf(
  session: string,
  before: Accounts,
  after: Accounts,
  now: number,
): AccountChangedEvent | undefined {
  // Every change has a revision of its own; two of them may come within a millisecond.
  const key = `account_changed:${revisionOf(before)}`;
  const head = { session, key, at: new Date(now).toISOString(), kind: 'account_changed' } as const;
  const change = changeOf(after);
  if (change !== undefined) {
    const account = after.changed?.account ?? change.linked;
    if (before.changed?.account.id === account.id) return undefined;
    const reason = whyChanged(after) ?? '';
    return { ...head, account: account.id, data: { ...change, reason } };
  }
  const { owner, linked } = after;
  if (before.changed === undefined || owner === undefined || linked === undefined) return undefined;
  const { account } = before.changed;
  const reason = `${nameOf(owner)}, to which this session belongs, is linked again in place of ${nameOf(account)}. Its messages go out; messages that were accepted for ${nameOf(account)} wait until that account is linked again`;
  return {
    ...head,
    account: owner.id,
    data: { owner, linked, decision: 'returned', reason },
  };
}

/** An id that no column takes, or no send, must not keep all later events waiting. */
function isUsable({ id }: Account): boolean {
  return id.length <= MOST_CHARACTERS && isStorable(id);
}
