import type { Scope } from '../account/scope.ts';
import { appendEvents } from '../events/log-writer.ts';
import type { Database, DialectName } from '../store/store.ts';
import { keyOfPerson } from './chat-key.ts';
import { addressOf, type PersonRow, toPerson } from './known-people.ts';

/** The number and the LID of a person, as WhatsApp says them now. */
export type Identity = Pick<PersonRow, 'phone_number' | 'lid'>;

/**
 * Makes one of two people, with an event: the older row stays. What was written to either, in any state, is in one chat from
 * here on. The log is locked.
 */
export async function mergePeople(
  db: Database,
  dialect: DialectName,
  scope: Scope,
  one: PersonRow,
  other: PersonRow,
  { phone_number, lid }: Identity,
  now: number,
): Promise<PersonRow> {
  const [kept, merged] = one.id < other.id ? [one, other] : [other, one];
  // Before the messages: who writes one for a person holds the person's row.
  await db.deleteFrom('people').where('id', '=', merged.id).execute();
  await db
    .updateTable('messages')
    .set({ chat_key: keyOfPerson(kept.id) })
    .where('chat_key', '=', keyOfPerson(merged.id))
    .execute();
  await db.updateTable('addresses').set({ person_id: kept.id }).where('person_id', '=', merged.id).execute();
  const values = {
    // No more of what was given: it may be a whole row, and the row that is kept keeps its id.
    phone_number,
    lid,
    name: kept.name ?? merged.name,
    address: later(one.address, other.address),
    first_sent_at: earliest(kept.first_sent_at, merged.first_sent_at),
    first_received_at: earliest(kept.first_received_at, merged.first_received_at),
    updated_at: now,
  };
  await db.updateTable('people').set(values).where('id', '=', kept.id).execute();
  const row = { ...kept, ...values };
  const { session, account } = scope;
  await appendEvents(
    db,
    dialect,
    [
      {
        session,
        key: `person_merged:${kept.id}:${merged.id}`,
        at: new Date(now).toISOString(),
        ...(account === '' ? {} : { account }),
        kind: 'person_merged',
        data: { chat_id: addressOf(row), person: toPerson(row), merged: toPerson(merged) },
      },
    ],
    now,
  );
  return row;
}

/** The number of `former` belongs to `heir`, and so does what was written to it and has not been sent. */
export async function handOverNumber(db: Database, former: PersonRow, heir: PersonRow): Promise<void> {
  const aliases = await db
    .selectFrom('addresses')
    .select('address')
    .where('person_id', '=', former.id)
    .execute();
  const forms = [`${former.phone_number}@c.us`, ...aliases.map(({ address }) => address)];
  await db.updateTable('addresses').set({ person_id: heir.id }).where('person_id', '=', former.id).execute();
  await handOverMessages(db, former.id, heir.id, forms);
}

/** What was accepted for one person under these forms of a number, and has not been sent, is for another person. */
export async function handOverMessages(
  db: Database,
  formerId: number,
  heirId: number,
  forms: readonly string[],
): Promise<void> {
  await db
    .updateTable('messages')
    .set({ chat_key: keyOfPerson(heirId) })
    .where('chat_key', '=', keyOfPerson(formerId))
    .where('chat_id', 'in', forms)
    .where('dispatched_at', 'is', null)
    .execute();
}

/** WhatsApp moves chats from numbers to LIDs and never back. */
function later(one: string | null, other: string | null): string | null {
  return other?.endsWith('@lid') ? other : (one ?? other);
}

function earliest(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.min(one, other);
}
