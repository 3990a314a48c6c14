import { current } from '../settings.ts';
import { isRecord } from '../wire.ts';
import { lidOf, numberOf } from './directory.ts';
import { learnPerson } from './lid-pn-cache.ts';

/**
 * The border between the page and the phone. The phone names people by number (`<number>@c.us`), in chats, authors and the
 * ids of messages alike. The page names them as its account does: by LID after the migration, by number before. Some chats
 * stay under their number (`numberChats`); the members of groups do not.
 */

/** The fields in which ids are, of people and of messages. Texts in other fields are what people wrote. */
const ID_FIELDS = new Set([
  'id',
  'ids',
  'chat_id',
  'author',
  'from',
  'to',
  'held',
  'revoked_id',
  'items',
  'mentionedJidList',
]);
/** Those in which an id is of a person, whichever chat it is about. */
const PERSON_FIELDS = new Set(['author', 'from', 'mentionedJidList']);
const NUMBER_ID = /([1-9]\d{6,14})@c\.us/g;
const LID_ID = /([1-9]\d{14})@lid/g;
/** In a chat of many, each id of a person is that of an author. */
const SHARED_CHAT = /@(?:g\.us|broadcast)/;

/** What the phone says, as the page is to see it. The page learns the LID of each person whose number is not hidden. */
export function fromPhone(value: unknown): unknown {
  return mapIds(value, (text, field) => {
    const isPerson = PERSON_FIELDS.has(field) || SHARED_CHAT.test(text);
    return text.replace(NUMBER_ID, (id, number: string) => {
      const lid = current.settings.lidChats ? lidOf(number) : undefined;
      const isUnderNumber = !isPerson && current.settings.numberChats.includes(number);
      if (lid === undefined || isUnderNumber || !current.policy.hiddenNumbers.includes(number))
        learnPerson(id);
      return lid === undefined || isUnderNumber ? id : `${lid}@lid`;
    });
  });
}

/** The address of the chat of a person with a LID, in a migrated account. Source: `WAWebMessageProcessUtils` (jigger@0fbd5e1a). */
export function chatAddressOf(lid: string): string {
  const number = numberOf(lid.split('@')[0] ?? '');
  const isUnderNumber = number !== undefined && current.settings.numberChats.includes(number);
  return isUnderNumber ? `${number}@c.us` : lid;
}

/** What the page says, as the phone is to hear it. A LID without a known number stays. */
export function forPhone(value: unknown): unknown {
  return mapIds(value, (text) =>
    text.replace(LID_ID, (id, lid: string) => {
      const number = numberOf(lid);
      return number === undefined ? id : `${number}@c.us`;
    }),
  );
}

/** Changes every text in a field of ids. `field`: the nearest name above the text. */
function mapIds(value: unknown, change: (text: string, field: string) => string, field = ''): unknown {
  if (typeof value === 'string') return ID_FIELDS.has(field) ? change(value, field) : value;
  if (Array.isArray(value)) return value.map((item) => mapIds(item, change, field));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, mapIds(item, change, name)]));
}
