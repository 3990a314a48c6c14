import { sql } from 'kysely';
import type { Database } from '../store/store.ts';
import { keyOfPerson } from './chat-key.ts';

/**
 * Assigns the rows without an account to the first account. Where that account knows the person already, its own
 * row stays, and the messages to the other one get their key again.
 */
export async function claimPeople(db: Database, session: string, account: string): Promise<void> {
  await db
    .updateTable('people')
    .set({ account })
    .where('session', '=', session)
    .where('account', '=', '')
    .where(
      sql<boolean>`not exists (select 1 from people as own where own.session = ${session} and own.account = ${account}
        and (own.phone_number = people.phone_number or own.lid = people.lid))`,
    )
    .execute();
  const rest = await db
    .deleteFrom('people')
    .where('session', '=', session)
    .where('account', '=', '')
    .returning('id')
    .execute();
  for (const { id } of rest)
    await db
      .updateTable('messages')
      .set({ chat_key: null })
      .where('chat_key', '=', keyOfPerson(id))
      .execute();
  // What WhatsApp said to nobody's account is asked again.
  await db.deleteFrom('addresses').where('session', '=', session).where('account', '=', '').execute();
}
