import { current } from '../settings.ts';
import { isRecord } from '../wire.ts';
import { lidOf, numberOf } from './directory.ts';
import { learnPerson } from './lid-pn-cache.ts';

/**
 * The border between the page and the phone. The phone names people by number (`<number>@c.us`), in chats, authors and the
 * ids of messages alike. The page names them as its account does: by LID after the migration, by number before.
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
const NUMBER_ID = /([1-9]\d{6,14})@c\.us/g;
const LID_ID = /([1-9]\d{14})@lid/g;

/** What the phone says, as the page is to see it. The page learns the LID of each person in it. */
export function fromPhone(value: unknown): unknown {
  return mapIds(value, (text) =>
    text.replace(NUMBER_ID, (id, number: string) => {
      learnPerson(id);
      const lid = current.settings.lidChats ? lidOf(number) : undefined;
      return lid === undefined ? id : `${lid}@lid`;
    }),
  );
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

function mapIds(value: unknown, change: (text: string) => string, isId = false): unknown {
  if (typeof value === 'string') return isId ? change(value) : value;
  if (Array.isArray(value)) return value.map((item) => mapIds(item, change, isId));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, mapIds(item, change, ID_FIELDS.has(name))]),
  );
}
