import type { Database } from '../store/store.ts';
import { currentAccount, readAccounts } from './linked-account.ts';

/** Whose people they are: each account of a session has its own. `account` is empty before the first link. */
export interface Scope {
  readonly session: string;
  readonly account: string;
}

/** Whose people a session writes to now. */
export async function readScope(db: Database, session: string): Promise<Scope> {
  return { session, account: currentAccount(await readAccounts(db, session)) };
}
