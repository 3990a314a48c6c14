import { CompiledQuery } from 'kysely';
import { idsOf, type Person, personOf } from '../../contract/person.ts';
import type { Scope } from '../account/scope.ts';
import type { Database, DialectName } from '../store/store.ts';
import { keyOfChat, keyOfPerson, personIdOf } from './chat-key.ts';
import { addressOf, findPerson, holdPerson, type PersonRow, readPeople, toPerson } from './known-people.ts';

/** How long "not on WhatsApp" counts. After that, WhatsApp is asked again for the next message. */
export const ABSENT_MS = 600_000;

/** Who a message goes to: known by a key, known to have no account, or still to be asked for. */
export type Recipient =
  | { readonly kind: 'known'; readonly key: string }
  | { readonly kind: 'absent'; readonly since: number }
  | { readonly kind: 'unresolved' };

/**
 * Who an id is. A person of whom WhatsApp has not said the address is still to be asked for: the number may be one of
 * several forms, and another form may be known.
 */
export async function recipientOf(
  db: Database,
  dialect: DialectName,
  scope: Scope,
  chatId: string,
  now: number,
): Promise<Recipient> {
  const key = keyOfChat(chatId);
  if (key !== undefined) return { kind: 'known', key };
  const found = await askForOne(db, dialect, scope, chatId);
  const since = found?.asked_at ?? null;
  if (found === undefined || found.person_id === null) {
    // Not for longer than it can have been said: the clock may have been set back.
    const isAbsent = since !== null && since <= now && since > now - ABSENT_MS;
    return isAbsent ? { kind: 'absent', since } : { kind: 'unresolved' };
  }
  if (found.chat_address === null || !(await holdPerson(db, dialect, found.person_id)))
    return { kind: 'unresolved' };
  return { kind: 'known', key: keyOfPerson(found.person_id) };
}

/** A row of `askForOne`. `asked_at` without a person: WhatsApp has no account for the id. */
interface OneRecipient {
  readonly asked_at: number | null;
  readonly person_id: number | null;
  readonly chat_address: string | null;
}

/** As `findPeople`, for one id and in one query, whose text is written once: every acceptance asks it. */
async function askForOne(
  db: Database,
  dialect: DialectName,
  { session, account }: Scope,
  chatId: string,
): Promise<OneRecipient | undefined> {
  const { phone_number, lid } = personOf(chatId) ?? {};
  const column = lid === undefined ? 'phone_number' : 'lid';
  const values = [session, account, chatId, session, account, phone_number ?? lid];
  const { rows } = await db.executeQuery<OneRecipient>(CompiledQuery.raw(ONE[dialect][column], values));
  // What WhatsApp has said of this very form goes before what is known of the number.
  return rows.find(({ asked_at }) => asked_at !== null) ?? rows[0];
}

const oneRecipient = (parameters: readonly string[], column: 'phone_number' | 'lid') => {
  const [session, account, address, again, andAgain, id] = parameters;
  return `select learned_at as asked_at, person_id,
      (select people.address from people where people.id = person_id) as chat_address
    from addresses where session = ${session} and account = ${account} and address = ${address}
    union all select null, id, address from people
    where session = ${again} and account = ${andAgain} and ${column} = ${id}`;
};
const inBothForms = (parameters: readonly string[]) => ({
  phone_number: oneRecipient(parameters, 'phone_number'),
  lid: oneRecipient(parameters, 'lid'),
});
const ONE = {
  sqlite: inBothForms(['?', '?', '?', '?', '?', '?']),
  postgres: inBothForms(['$1', '$2', '$3', '$4', '$5', '$6']),
};

/** Returns WhatsApp's present address of the chat with a person; for an unknown person, the id itself. */
export async function recipientAddress(db: Database, scope: Scope, chatId: string): Promise<string> {
  const person = (await findPerson(db, scope, chatId))?.person;
  return person === undefined ? chatId : addressOf(person);
}

/** Gives the messages to this id their key, those that have none yet. */
export async function keyMessages(
  db: Database,
  { session, account }: Scope,
  chatId: string,
  key: string,
): Promise<void> {
  await db
    .updateTable('messages')
    .set({ chat_key: key })
    .where('chat_id', '=', chatId)
    .where('chat_key', 'is', null)
    .where('session', '=', session)
    .where((row) => row.or([row('account', 'is', null), row('account', '=', account)]))
    .execute();
}

/** The person behind the key of a message; undefined for a group, and for a person who is not known yet. */
export async function personBehind(
  db: Database,
  chatKey: string | null | undefined,
): Promise<PersonRow | undefined> {
  const id = personIdOf(chatKey);
  return id === undefined ? undefined : (await readPeople(db, [id])).get(id);
}

/** As `personBehind`, for many messages: by key. */
export async function peopleBehind(
  db: Database,
  messages: readonly { readonly chatKey: string | undefined }[],
): Promise<ReadonlyMap<string, PersonRow>> {
  const ids = new Set(messages.flatMap(({ chatKey }) => personIdOf(chatKey) ?? []));
  const people = await readPeople(db, [...ids]);
  return new Map([...people].map(([id, row]) => [keyOfPerson(id), row]));
}

/**
 * The id to send to: by number where it is known, since a page may refuse a LID of which it has not learned the number
 * (`WAWebFindChat`, jigger@0fbd5e1a).
 */
export function sendAddressOf(person: PersonRow | undefined, chatId: string): string {
  return person === undefined ? chatId : (idsOf(toPerson(person))[0] ?? chatId);
}

/** How a chat is named to clients. */
export interface ChatView {
  /** WhatsApp's present address of the chat, as far as is known. */
  readonly chat_id: string;
  /** The address in the request, if it differs. */
  readonly requested_chat_id?: string;
  /** Whose chat it is, in a chat with one person. */
  readonly person?: Person;
}

/** Names a chat that was asked for as `chatId`. */
export function viewChat(chatId: string, person: PersonRow | undefined): ChatView {
  const known = person === undefined ? personOf(chatId) : toPerson(person);
  const address = person === undefined ? chatId : addressOf(person);
  return {
    chat_id: address,
    ...(address === chatId ? {} : { requested_chat_id: chatId }),
    ...(known === undefined ? {} : { person: known }),
  };
}

/** Where WhatsApp is asked who this is. */
export function resolvePath(chatId: string): string {
  return `/api/whatsapp/people/${personOf(chatId)?.phone_number ?? chatId}/resolve`;
}

/** Why a message to this id is refused, when it was learned, and how WhatsApp is asked again. Times are Unix time in ms. */
export function absenceText(chatId: string, since: number): string {
  const { phone_number: number } = personOf(chatId) ?? {};
  const at = (time: number) => new Date(time).toISOString();
  return `WhatsApp knows no account for ${number === undefined ? chatId : `+${number}`}: it said so at ${at(since)}. It is asked again for a message after ${at(since + ABSENT_MS)}, or now with POST ${resolvePath(chatId)}`;
}
