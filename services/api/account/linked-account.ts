import { z } from 'zod';
import { type Account, accountSchema } from '../../contract/person.ts';
import type { Database } from '../store/store.ts';

const DECISIONS = ['adopt', 'cancel'] as const;
/** What an operator may choose while another account is linked. */
export type Decision = (typeof DECISIONS)[number];

const countsSchema = z.object({
  /** Messages that were adopted or canceled. */
  settled: z.number(),
  /** Messages that could not be adopted, because what they refer to stays with the other account. */
  failed: z.number(),
  /** Messages that may have been sent already. */
  ended_unknown: z.number(),
});
/** What a decision has done so far. */
export type DecisionCounts = z.infer<typeof countsSchema>;

const accountsSchema = z.object({
  owner: accountSchema.optional(),
  linked: accountSchema.optional(),
  /** The change that nobody has decided. It stays while no account is linked. `at` is Unix time in ms. */
  changed: z.object({ account: accountSchema, at: z.number() }).optional(),
  /** A decision that is being carried out. */
  deciding: countsSchema.extend({ decision: z.enum(DECISIONS) }).optional(),
  /** The last decision that was carried out. `at` is Unix time in ms. */
  decided: countsSchema
    .extend({ decision: z.enum(DECISIONS), linked: z.string(), at: z.number() })
    .optional(),
  /** How often the accounts have changed. */
  revision: z.number().optional(),
  /** The bridge has said in its status what is so since then. Events of an earlier moment are of the past. */
  known_since: z.string().optional(),
});

/**
 * The accounts of a session. `owner` is the account that the session belongs to; `linked` is the one that was linked last,
 * unless it was unlinked since. Nothing goes out while they differ.
 */
export type Accounts = Readonly<z.infer<typeof accountsSchema>>;

/** What is known of the accounts of a session; empty before the first link. */
export async function readAccounts(db: Database, session: string): Promise<Accounts> {
  const fact = await db
    .selectFrom('facts')
    .select('value')
    .where('name', '=', factOf(session))
    .executeTakeFirst();
  if (fact === undefined) return {};
  const { value } = fact;
  if (value !== parsed.value)
    parsed = { value, accounts: accountsSchema.safeParse(JSON.parse(value)).data ?? {} };
  return parsed.accounts;
}

/** The last that was read: every acceptance reads it, and it rarely changes. */
let parsed: { readonly value: string; readonly accounts: Accounts } = { value: '', accounts: {} };

export async function writeAccounts(db: Database, session: string, accounts: Accounts): Promise<void> {
  const value = JSON.stringify({ ...accounts, revision: revisionOf(accounts) + 1 });
  await db
    .insertInto('facts')
    .values({ name: factOf(session), value })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
    .execute();
}

export function revisionOf({ revision = 0 }: Accounts): number {
  return revision;
}

/** Whose people and messages count now: the account that is linked, else the owner; empty before the first link. */
export function currentAccount({ owner, linked }: Accounts): string {
  return linked?.id ?? owner?.id ?? '';
}

/** Both accounts, while another one is linked than the one that the session belongs to. */
export function changeOf({ owner, linked }: Accounts): { owner: Account; linked: Account } | undefined {
  const isChange = owner !== undefined && linked !== undefined && owner.id !== linked.id;
  return isChange ? { owner, linked } : undefined;
}

/** Whether another account is linked than the one that the session belongs to. */
export function isChanged(accounts: Accounts): boolean {
  return changeOf(accounts) !== undefined;
}

function factOf(session: string): string {
  return `accounts:${session}`;
}
