import { stateIs } from '../../outbox/state-sql.ts';
import type { Database } from '../../store/store.ts';
import { type Accounts, currentAccount } from '../linked-account.ts';

/** The count stops here. A higher number changes no decision. */
const MOST_COUNTED = 10_000;

/** How many messages wait, scheduled ones too, by the account that they belong to. */
export interface Waiting {
  /** Of the account to which the session belongs, or of none yet. */
  readonly owner: number;
  /** Of the account that is linked, where that is another one. */
  readonly linked?: number;
  /** Of accounts that were linked in between: they wait until those are linked again. */
  readonly others?: number;
}

/** Counts at most 10,000 of the messages in a queue, and as many of the scheduled ones. */
export async function countWaiting(db: Database, session: string, accounts: Accounts): Promise<Waiting> {
  const counts = new Map<string, number>();
  const owner = accounts.owner?.id ?? '';
  for (const isUnsettled of [stateIs.open, stateIs.scheduled]) {
    const rows = db
      .selectFrom('messages')
      .select('account')
      .where('session', '=', session)
      .where(isUnsettled)
      .limit(MOST_COUNTED);
    const found = await db
      .selectFrom(rows.as('waiting'))
      .select(['account', ({ fn }) => fn.countAll<number>().as('messages')])
      .groupBy('account')
      .execute();
    for (const { account, messages } of found) {
      const id = account ?? owner;
      counts.set(id, (counts.get(id) ?? 0) + Number(messages));
    }
  }
  const linked = currentAccount(accounts);
  const of = (id: string) => counts.get(id) ?? 0;
  const others = [...counts].reduce(
    (sum, [id, count]) => (id === owner || id === linked ? sum : sum + count),
    0,
  );
  return {
    owner: of(owner),
    ...(linked === owner ? {} : { linked: of(linked) }),
    ...(others === 0 ? {} : { others }),
  };
}
