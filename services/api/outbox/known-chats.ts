import type { BridgeClient } from '../bridge-client.ts';
import type { Store } from '../store/store.ts';

/** As many as the bridge tells at once. */
const MOST = 999;

/**
 * Takes over the chats that the linked phone has already: their people are no strangers, although no message has passed
 * through the kit. Those that the kit itself began stay as they are. Throws what the bridge throws.
 */
export async function learnKnownChats(bridge: BridgeClient, store: Store, session: string): Promise<void> {
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
