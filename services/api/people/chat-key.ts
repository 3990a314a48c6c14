import { isPersonId } from '../../contract/person.ts';

const PERSON_KEY = /^person:(\d{1,15})$/;

/** The key of the chat with a person: one, whatever number or LID the person is written to under. */
export function keyOfPerson(personId: number): string {
  return `person:${personId}`;
}

/** Returns the key of a group or a channel, which is its id. Undefined for a person: the key needs a row in `people`. */
export function keyOfChat(chatId: string): string | undefined {
  return isPersonId(chatId) ? undefined : chatId;
}

/** The `id` in `people` behind a key; undefined for a key of a group. */
export function personIdOf(chatKey: string | null | undefined): number | undefined {
  const [, id] = PERSON_KEY.exec(chatKey ?? '') ?? [];
  return id === undefined ? undefined : Number(id);
}
