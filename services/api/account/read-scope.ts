import type { Scope } from '../people/known-people.ts';
import type { Database } from '../store/store.ts';
import { currentAccount, readAccounts } from './linked-account.ts';

/** Whose people a session writes to now. */
export async function readScope(db: Database, session: string): Promise<Scope> {
  return { session, account: currentAccount(await readAccounts(db, session)) };
}
