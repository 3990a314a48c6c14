import type { ErrorCode } from '../../../contract/errors.ts';
import type { Scope } from '../../account/scope.ts';
import { lockLog } from '../../events/log-writer.ts';
import { keyOfPerson } from '../../people/chat-key.ts';
import { type PersonRow, toPerson } from '../../people/known-people.ts';
import { isNews, learnAnswer, noteAddress, type Sighting, sightingOf } from '../../people/learn-people.ts';
import { absenceText, personBehind } from '../../people/recipients.ts';
import type { Database, DialectName } from '../../store/store.ts';
import type { Outcome } from '../attempt.ts';
import { isAction, type Message } from '../message.ts';
import { stateIs } from '../state-sql.ts';

type Added = Extract<Outcome, { kind: 'added' }>;

/**
 * Takes in where WhatsApp put a message: the chat is that of its recipient, whatever other address it has. Returns whether
 * that was news; then the log is locked. Call it before any row is locked.
 */
export async function learnDelivery(
  db: Database,
  dialect: DialectName,
  message: Message,
  { chatId, person }: Added,
  now: number,
): Promise<boolean> {
  const known = await personBehind(db, message.chatKey);
  const said = sightingOf(chatId, person);
  // The answer to an action names the chat of its target, which may have an address of another time.
  if (known === undefined || said === undefined || isAction(message.kind)) return false;
  const both = { ...toPerson(known), ...said.person };
  const sighting: Sighting = { person: both, address: chatId, isPresent: true };
  if (!isNews({ person: known, absentSince: undefined }, sighting)) return false;
  await lockLog(db, dialect);
  await learnAnswer(db, dialect, scopeOf(known), numberOf(known) ?? message.chatId, sighting, now);
  return true;
}

/**
 * Takes in that WhatsApp refuses a recipient: it is asked again, at once or once its word is old. Returns the reason for
 * the client.
 */
export async function noteRefusal(
  db: Database,
  message: Message,
  { code, reason }: { readonly code: ErrorCode; readonly reason: string },
  now: number,
): Promise<string> {
  if (code !== 'recipient_not_on_whatsapp' && code !== 'recipient_not_resolvable') return reason;
  const person = await personBehind(db, message.chatKey);
  if (person === undefined) return reason;
  await db.updateTable('people').set({ address: null }).where('id', '=', person.id).execute();
  if (code === 'recipient_not_on_whatsapp') {
    const asked = numberOf(person) ?? message.chatId;
    for (const id of new Set([asked, message.chatId])) await noteAddress(db, scopeOf(person), id, null, now);
  }
  // Those that wait are asked for again, or refused by what is known now.
  await db
    .updateTable('messages')
    .set({ chat_key: null })
    .where('chat_key', '=', keyOfPerson(person.id))
    .where(stateIs.unsent)
    .execute();
  return code === 'recipient_not_on_whatsapp' ? absenceText(message.chatId, now) : reason;
}

function scopeOf({ session, account }: PersonRow): Scope {
  return { session, account };
}

function numberOf(person: PersonRow): string | undefined {
  return person.phone_number === null ? undefined : `${person.phone_number}@c.us`;
}
