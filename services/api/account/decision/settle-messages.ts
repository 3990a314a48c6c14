import { type Selectable, sql } from 'kysely';
import { isInDoubt, isUnsent, type MessageState, statesWhere } from '../../../contract/message-states.ts';
import type { Account } from '../../../contract/person.ts';
import { CANCELED, type EndReason, endCanceled, giveUp, toEnding } from '../../outbox/endings.ts';
import { type Message, toMessage } from '../../outbox/message.ts';
import type { Database, DialectName } from '../../store/store.ts';
import type { Tables } from '../../store/tables.ts';
import { numberOf } from '../account-texts.ts';
import type { Decision, DecisionCounts } from '../linked-account.ts';

/** A place in the messages: those of one state, by `seq`. */
export interface Page {
  /** Index into the states. */
  readonly state: number;
  readonly seq: number;
}

interface Change {
  readonly owner: Account;
  readonly linked: Account;
}

export const START: Page = { state: 0, seq: 0 };
/** The most messages that are settled in one transaction. */
const AT_ONCE = 250;
/** What may have been sent comes first: what refers to it must not go out. Scheduled messages turn into queued ones. */
const STATES: readonly MessageState[] = [
  ...statesWhere(isInDoubt),
  ...statesWhere(isUnsent).toSorted((one) => (one === 'scheduled' ? 1 : -1)),
];

/** The next messages, behind a place, that do not belong to the account; undefined when there are none. */
export async function readForeign(
  db: Database,
  session: string,
  account: string,
  place: Page,
): Promise<{ readonly rows: readonly Selectable<Tables['messages']>[]; readonly next: Page } | undefined> {
  for (let state = place.state; state < STATES.length; state += 1) {
    const name = STATES[state] ?? '';
    const from = state === place.state ? place.seq : 0;
    const rows = await db
      .selectFrom('messages')
      .selectAll()
      // In the order of the one index of the states, or PostgreSQL may go through the whole table.
      .where(sql<boolean>`((state, seq) > (${name}, ${from}) and state <= ${name})`)
      .where('session', '=', session)
      .where((row) => row.or([row('account', 'is', null), row('account', '!=', account)]))
      .orderBy('state')
      .orderBy('seq')
      .limit(AT_ONCE)
      .execute();
    const last = rows.at(-1);
    if (last !== undefined) return { rows, next: { state, seq: last.seq } };
  }
  return undefined;
}

/** Settles messages of another account than the linked one, as was decided. Returns how many of them became what. */
export async function settlePage(
  db: Database,
  dialect: DialectName,
  decision: Decision,
  change: Change,
  rows: readonly Selectable<Tables['messages']>[],
  now: number,
): Promise<DecisionCounts> {
  const counts = { settled: 0, failed: 0, ended_unknown: 0 };
  for (const row of rows) counts[await settle(db, dialect, decision, change, toMessage(row), row, now)] += 1;
  return counts;
}

async function settle(
  db: Database,
  dialect: DialectName,
  decision: Decision,
  change: Change,
  message: Message,
  row: Selectable<Tables['messages']>,
  now: number,
): Promise<keyof DecisionCounts> {
  const from = numberOf(message.account ?? change.owner.id);
  const end = (reason: EndReason) => giveUp(db, dialect, toEnding(row), reason, now);
  if (isInDoubt(message.state)) {
    await end(mayHaveBeenSent(from, numberOf(change.linked.id)));
    return 'ended_unknown';
  }
  if (decision === 'cancel') {
    await end({ ...CANCELED, reason: canceledBecause(from, numberOf(change.linked.id)) });
    return 'settled';
  }
  if (message.cancelAt !== undefined) {
    // An attempt sent nothing, and then the process ended before it canceled the message.
    await endCanceled(db, dialect, message, now);
    return 'settled';
  }
  const target = await targetLeftBehind(db, message);
  if (target !== undefined) {
    await end({ state: 'failed', code: 'account_changed', reason: staysBehind(target, from) });
    return 'failed';
  }
  await db
    .updateTable('messages')
    // Whose chat it is and how fast it may go are to be found out again, under the account that sends it.
    .set({ account: change.linked.id, chat_key: null })
    .where('seq', '=', message.seq)
    .execute();
  return 'settled';
}

/**
 * The message to which this one refers, if it stays with the other account. A message of the outbox that waits is adopted
 * as well, and goes out first.
 */
async function targetLeftBehind(db: Database, { content }: Message): Promise<string | undefined> {
  if (content === undefined) return undefined;
  const target = 'target' in content ? content.target : content.reply_to;
  if (target === undefined) return undefined;
  const row = await db.selectFrom('messages').select('state').where('id', '=', target).executeTakeFirst();
  const isAdopted = row !== undefined && statesWhere(isUnsent).some((state) => state === row.state);
  return isAdopted ? undefined : target;
}

function mayHaveBeenSent(from: string, to: string): EndReason {
  const reason = `it may have been sent from ${from}, so it is not sent from ${to}; look at the chat on the phone of ${from}, and send it again, as a new message, only if it is not there; a late acknowledgement corrects this status`;
  return { state: 'failed', code: 'outcome_unknown', reason };
}

function canceledBecause(from: string, to: string): string {
  return `it belonged to the account ${from}; ${to} was linked in its place, and the operator chose to cancel what had not been sent`;
}

function staysBehind(target: string, from: string): string {
  return `it refers to message ${target} of the account ${from}, which the account that sends it now does not have; send it again without that message`;
}
