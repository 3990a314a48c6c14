import type { BridgeEvent } from '../../contract/events.ts';
import { idsOf, isPersonId, type Person } from '../../contract/person.ts';
import type { Scope } from '../account/scope.ts';
import { toStorableText } from '../events/storable-text.ts';
import type { Database, DialectName } from '../store/store.ts';
import { findPeople, type KnownAs, toPerson } from './known-people.ts';
import { isNews, learnPerson, type Sighting, sightingOf } from './learn-people.ts';

/** A name comes from its owner, who may take any. */
const LONGEST_NAME = 256;
const PERSON_ID = /\d+@(?:c\.us|lid)/g;
/** Of one key: the chat, the author, who reacted, and room for one more. */
const MOST_IDS = 4;

/** What is known of the people of some events, by id. */
export type KnownPeople = ReadonlyMap<string, KnownAs>;

/** Learns what events of one account say of people. Gives what is known of all of them after that. Locks the log. */
export async function learnFromEvents(
  db: Database,
  dialect: DialectName,
  scope: Scope,
  events: readonly BridgeEvent[],
  now: number,
): Promise<KnownPeople> {
  const sightings = events.flatMap((event) => sightingsIn(event, now));
  const ids = new Set([
    ...sightings.flatMap(({ person }) => idsOf(person)),
    ...events.flatMap(({ key }) => placesOfIds(key).map(({ id }) => id)),
  ]);
  const known = new Map(await findPeople(db, scope, [...ids]));
  let hasLearned = false;
  for (const seen of sightings) {
    const sighting = { ...seen, person: registered(seen.person, known) };
    const own = idsOf(sighting.person);
    if (own.every((id) => !isNews(known.get(id), sighting))) continue;
    const person = await learnPerson(db, dialect, scope, sighting, now);
    for (const id of idsOf(toPerson(person))) known.set(id, { person, absentSince: undefined });
    hasLearned = true;
  }
  // Read again: who lost a number to another person is in the map as before.
  return hasLearned ? findPeople(db, scope, [...new Set([...ids, ...known.keys()])]) : known;
}

/** The ids of people in a key, each with its place. A reaction is any text, which may be full of them. */
export function placesOfIds(key: string): { readonly id: string; readonly index: number }[] {
  return Array.from(key.matchAll(PERSON_ID), ({ 0: id, index }) => ({ id, index })).slice(0, MOST_IDS);
}

/**
 * The person under the ids that WhatsApp has: a chat may have another form of a number as its address. A LID that is said
 * with the number names the person itself.
 */
function registered(seen: Person, known: KnownPeople): Person {
  if (seen.lid !== undefined || seen.phone_number === undefined) return seen;
  const row = known.get(`${seen.phone_number}@c.us`)?.person;
  if (row === undefined || row.phone_number === seen.phone_number) return seen;
  const { phone_number: _alias, ...said } = seen;
  return { ...toPerson(row), ...said };
}

/** The event with the people that it names, as far as they are known. */
export function withPeople(event: BridgeEvent, known: KnownPeople): BridgeEvent {
  const { chat, author } = namesIn(event);
  const person = chat && knownPerson(chat, known);
  const authorPerson = author && knownPerson(author, known);
  const people = {
    ...(person === undefined ? {} : { person }),
    ...(authorPerson === undefined ? {} : { author_person: authorPerson }),
  };
  switch (event.kind) {
    case 'message':
    case 'message_sent':
    case 'revoked':
      return { ...event, data: { ...event.data, ...people } };
    case 'edited':
      return { ...event, data: { ...event.data, ...people } };
    case 'reaction':
      return { ...event, data: { ...event.data, ...(chat ? { chat_id: chat.id } : {}), ...people } };
    case 'ack':
      return { ...event, data: { ...event.data, ...(person === undefined ? {} : { person }) } };
    case 'call':
      return { ...event, data: { ...event.data, ...(person === undefined ? {} : { person }) } };
    default:
      return event;
  }
}

/** Completes what the bridge says of a chat or a message that was asked for. */
export function completed<T extends { readonly person?: Person | undefined }>(
  about: T,
  id: string,
  known: KnownPeople,
): T {
  const person = knownPerson({ id, person: about.person }, known);
  return person === undefined ? about : { ...about, person };
}

/** As `completed`, for the author of a message in a group. */
export function completedAuthor<
  T extends { readonly author?: string | undefined; readonly author_person?: Person | undefined },
>(message: T, known: KnownPeople): T {
  if (message.author === undefined) return message;
  const person = knownPerson({ id: message.author, person: message.author_person }, known);
  return person === undefined ? message : { ...message, author_person: person };
}

interface Named {
  readonly id: string;
  readonly person: Person | undefined;
}

/** Whose chat an event is of, and in a group who acted. */
function namesIn(event: BridgeEvent): { readonly chat?: Named; readonly author?: Named } {
  switch (event.kind) {
    case 'message':
    case 'message_sent':
    case 'edited':
    case 'revoked': {
      const { chat_id, person, author, author_person, from_me } = event.data;
      const chat = { id: chat_id, person };
      if (author === undefined || from_me || isPersonId(chat_id)) return { chat };
      return { chat, author: { id: author, person: author_person } };
    }
    case 'ack':
      return { chat: { id: event.data.chat_id, person: event.data.person } };
    case 'reaction': {
      const { chat_id, sender, person, author_person } = event.data;
      const id = chat_id ?? event.whatsapp_id.split('_')[1] ?? sender;
      const chat = { id, person };
      return isPersonId(id) ? { chat } : { chat, author: { id: sender, person: author_person } };
    }
    case 'call':
      return { chat: { id: event.data.from, person: event.data.person } };
    default:
      return {};
  }
}

function sightingsIn(event: BridgeEvent, now: number): Sighting[] {
  const { chat, author } = namesIn(event);
  const seen: Sighting[] = [];
  const ofChat = chat && sightingOf(chat.id, cleaned(chat.person));
  if (ofChat !== undefined) {
    const { person, address } = ofChat;
    // Only a new message tells where the chat is now: an ack may be for one from before it was moved.
    if (event.kind === 'message') seen.push({ person, address, receivedAt: now });
    else if (event.kind === 'message_sent') seen.push({ person, address, sentAt: now });
    else seen.push({ person });
  }
  const ofAuthor = author && sightingOf(author.id, cleaned(author.person));
  if (ofAuthor !== undefined) seen.push({ person: ofAuthor.person });
  return seen;
}

function knownPerson({ id, person }: Named, known: KnownPeople): Person | undefined {
  const row = known.get(id)?.person;
  return row === undefined ? sightingOf(id, cleaned(person))?.person : toPerson(row);
}

function cleaned(person: Person | undefined): Person | undefined {
  const { name, ...ids } = person ?? {};
  const text = name === undefined ? '' : toStorableText(name.slice(0, LONGEST_NAME)).trim();
  return text === '' ? ids : { ...ids, name: text };
}
