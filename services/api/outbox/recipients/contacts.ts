import { idsOf } from '../../../contract/person.ts';
import type { Scope } from '../../account/scope.ts';
import type { BridgeClient } from '../../bridge-client.ts';
import { personIdOf } from '../../people/chat-key.ts';
import { noteContact } from '../../people/earlier-contacts.ts';
import { findPeople, toPerson } from '../../people/known-people.ts';
import { isNews, learnPerson, type Sighting, sightingOf } from '../../people/learn-people.ts';
import { personBehind } from '../../people/recipients.ts';
import type { Database, Store } from '../../store/store.ts';
import type { Message } from '../message.ts';

/** The most chats that the bridge lists at once. */
const MOST = 999;

/**
 * Takes over the chats that the linked phone has already: their people are no strangers, although no message has passed
 * through the kit. Those that the kit itself began stay as they are. Throws what the bridge throws.
 */
export async function learnKnownChats(
  bridge: Pick<BridgeClient, 'chats'>,
  store: Store,
  scope: Scope,
): Promise<void> {
  const chats = await bridge.chats(MOST);
  const sightings = chats
    .map(({ id, person }) => sightingOf(id, person))
    .filter((sighting) => sighting !== undefined);
  if (sightings.length === 0) return;
  const now = Date.now();
  const ids = sightings.flatMap(({ person }) => idsOf(person));
  await store.write(async (db, dialect) => {
    const known = await findPeople(db, scope, ids);
    for (const { person, address } of sightings) {
      const [before] = idsOf(person).flatMap((id) => known.get(id)?.person ?? []);
      const sighting: Sighting = {
        person,
        address,
        isPresent: true,
        receivedAt: before === undefined ? now : undefined,
      };
      const isWhole = idsOf(person).every((id) => !isNews(known.get(id), sighting));
      if (!isWhole) await learnPerson(db, dialect, scope, sighting, now);
    }
  });
}

/** Remembers since when the kit has written to the person of a message. */
export async function noteWritten(db: Database, message: Message, now: number): Promise<void> {
  const row = await db
    .updateTable('people')
    .set({ first_sent_at: now })
    .where('id', '=', personIdOf(message.chatKey) ?? -1)
    .where('first_sent_at', 'is', null)
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) return;
  for (const id of idsOf(toPerson(row))) await noteContact(db, row.session, id, { first_sent_at: now });
}

/** A first contact that was noted at this moment and did not come about. */
export async function forgetWritten(
  db: Database,
  { chatKey }: Pick<Message, 'chatKey'>,
  notedAt: number,
): Promise<void> {
  const person = await personBehind(db, chatKey);
  if (person?.first_sent_at !== notedAt) return;
  await db.updateTable('people').set({ first_sent_at: null }).where('id', '=', person.id).execute();
  for (const id of idsOf(toPerson(person)))
    await db
      .deleteFrom('contacts')
      .where('session', '=', person.session)
      .where('chat_id', '=', id)
      .where('first_sent_at', '=', notedAt)
      .where('first_received_at', 'is', null)
      .execute();
}
