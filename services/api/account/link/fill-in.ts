import type { Account } from '../../../contract/person.ts';
import { stateIs } from '../../outbox/state-sql.ts';
import type { Database } from '../../store/store.ts';

/**
 * Gives the messages that wait and have no account to the owner of the session: they were accepted while no account was
 * known, or by an earlier release. Returns how many there were.
 */
export async function fillIn(db: Database, session: string, owner: Account): Promise<number> {
  let filled = 0;
  for (const isUnsettled of [stateIs.open, stateIs.scheduled]) {
    const result = await db
      .updateTable('messages')
      .set({ account: owner.id })
      .where('session', '=', session)
      .where(isUnsettled)
      .where('account', 'is', null)
      .executeTakeFirst();
    filled += Number(result.numUpdatedRows);
  }
  return filled;
}
