import { z } from 'zod';
import { type Account, accountSchema } from '../../contract/person.ts';
import type { Database } from '../store/store.ts';

/**
 * The accounts of a session. `owner` is the account that the session belongs to; `linked` is the one that was linked last,
 * unless it was unlinked since. Nothing goes out while they differ.
 */
export interface Accounts {
  readonly owner?: Account | undefined;
  readonly linked?: Account | undefined;
}

const accountsSchema = z.object({ owner: accountSchema.optional(), linked: accountSchema.optional() });

/** What is known of the accounts of a session; empty before the first link. */
export async function readAccounts(db: Database, session: string): Promise<Accounts> {
  const fact = await db
    .selectFrom('facts')
    .select('value')
    .where('name', '=', factOf(session))
    .executeTakeFirst();
  return fact === undefined ? {} : (accountsSchema.safeParse(JSON.parse(fact.value)).data ?? {});
}

export async function writeAccounts(db: Database, session: string, accounts: Accounts): Promise<void> {
  const value = JSON.stringify(accounts);
  await db
    .insertInto('facts')
    .values({ name: factOf(session), value })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
    .execute();
}

/** Whose people and messages count now: the account that is linked, else the owner; empty before the first link. */
export function currentAccount({ owner, linked }: Accounts): string {
  return linked?.id ?? owner?.id ?? '';
}

/** Whether another account is linked than the one that the session belongs to. */
export function isChanged({ owner, linked }: Accounts): boolean {
  return owner !== undefined && linked !== undefined && owner.id !== linked.id;
}

function factOf(session: string): string {
  return `accounts:${session}`;
}
