import { sql } from 'kysely';
import type { BridgeClient } from '../bridge-client.ts';
import type { Database, Store } from '../store/store.ts';
import type { Message } from './message.ts';

/** The most chats that the bridge lists at once. */
const MOST = 999;

/**
 * Takes over the chats that the linked phone has already: their people are no strangers, although no message has passed
 * through the kit. Those that the kit itself began stay as they are. Throws what the bridge throws.
 */
export async function learnKnownChats(
  bridge: Pick<BridgeClient, 'chats'>,
  store: Store,
  session: string,
): Promise<void> {
  const chats = await bridge.chats(MOST);
  if (chats.length === 0) return;
  const now = Date.now();
  await store.write((db) =>
    db
      .insertInto('contacts')
      .values(chats.map(({ id }) => ({ session, chat_id: id, first_sent_at: null, first_received_at: now })))
      .onConflict((conflict) => conflict.columns(['session', 'chat_id']).doNothing())
      .execute(),
  );
}

/** Remembers since when there have been messages with a chat. */
export async function noteContact(
  db: Database,
  session: string,
  chatId: string,
  column: 'first_sent_at' | 'first_received_at',
  now: number,
): Promise<void> {
  await db
    .insertInto('contacts')
    .values({ session, chat_id: chatId, first_sent_at: null, first_received_at: null, [column]: now })
    .onConflict((conflict) =>
      conflict.columns(['session', 'chat_id']).doUpdateSet({
        [column]: sql`coalesce(contacts.${sql.ref(column)}, excluded.${sql.ref(column)})`,
      }),
    )
    .execute();
}

/** A first contact that was noted at this moment and did not come about. */
export async function forgetContact(
  db: Database,
  { session, chatId }: Pick<Message, 'session' | 'chatId'>,
  notedAt: number,
): Promise<void> {
  await db
    .deleteFrom('contacts')
    .where('session', '=', session)
    .where('chat_id', '=', chatId)
    .where('first_sent_at', '=', notedAt)
    .where('first_received_at', 'is', null)
    .execute();
}
