import { type SelectQueryBuilder, type SqlBool, sql } from 'kysely';
import { statesOf } from '../../contract/message-states.ts';
import { idsOf } from '../../contract/person.ts';
import { type Message, toMessage } from '../outbox/message.ts';
import { keyOfChat, keyOfPerson } from '../people/chat-key.ts';
import { aliasesOf, findUnderAllAccounts, toPerson } from '../people/known-people.ts';
import { isAmong } from '../store/among.ts';
import type { Database, DialectName } from '../store/store.ts';
import type { Tables } from '../store/tables.ts';
import type { MessageQuery } from './message-query.ts';

export interface MessagePage {
  readonly messages: readonly Message[];
  /** The seq to read on after; undefined when there is nothing more. */
  readonly next: number | undefined;
}

/**
 * Most rows that are looked at for one page. Where filters leave little of much, a page may be short, even empty, and
 * still have a next one: so none costs more than this, however many messages there are.
 */
const MOST_LOOKED_AT = 2_000;

/** A page of the outbox, by `seq`: walks along one index and leaves out what the other filters exclude. */
export async function readMessages(
  db: Database,
  dialect: DialectName,
  session: string,
  query: MessageQuery,
  most = MOST_LOOKED_AT,
): Promise<MessagePage> {
  const { limit, chat_id, status, kind, order } = query;
  const chats = chat_id === undefined ? undefined : await chatsOf(db, session, chat_id);
  const filters = [
    ...(status === undefined || chat_id === undefined
      ? []
      : [sql<SqlBool>`state in (${sql.join([...statesOf(status)])})`]),
    ...(kind === undefined ? [] : [sql<SqlBool>`kind = ${kind}`]),
  ];
  const looked = walk(db, query, chats, filters.length === 0 ? limit + 1 : most);
  let found = db.selectFrom(looked.as('looked')).select('seq').orderBy('seq', order);
  for (const filter of filters) found = found.where(filter);
  const rows = await db
    .selectFrom('messages')
    .selectAll()
    .where(isAmong(dialect, sql`${found.limit(limit + 1)}`))
    .orderBy('seq', order)
    .execute();
  const messages = rows.slice(0, limit).map(toMessage);
  if (rows.length > limit) return { messages, next: messages.at(-1)?.seq };
  if (filters.length === 0) return { messages, next: undefined };
  const last = await db
    .selectFrom(looked.as('looked'))
    .select('seq')
    .orderBy('seq', order)
    .offset(most - 1)
    .limit(1)
    .executeTakeFirst();
  return { messages, next: last?.seq };
}

type Walk = SelectQueryBuilder<Tables, 'messages', { seq: number; kind: string; state: string }>;

/** The first rows of the narrowest index there is: that of a chat, else of a status, else of all. */
function walk(
  db: Database,
  { status, after, order }: MessageQuery,
  chats: ChatForms | undefined,
  most: number,
): Walk {
  let rows = db.selectFrom('messages').select(['seq', 'kind', 'state']).orderBy('seq', order).limit(most);
  if (after !== undefined) rows = rows.where('seq', order === 'desc' ? '<' : '>', after);
  const parts =
    chats !== undefined
      ? [
          ...chats.keys.map((key) => rows.where('chat_key', '=', key)),
          ...chats.ids.map((id) => rows.where('chat_id', '=', id).where('chat_key', 'is', null)),
        ]
      : status !== undefined
        ? statesOf(status).map((state) => rows.where('state', '=', state))
        : [rows];
  const [first = rows, ...others] = parts;
  if (others.length === 0) return first;
  // Each along its own part of the index; one walk over all would sort them first.
  const all = others.reduce(
    (union, part) => union.unionAll(db.selectFrom(part.as('messages')).selectAll()),
    db.selectFrom(first.as('messages')).selectAll(),
  );
  return db.selectFrom(all.as('messages')).select(['seq', 'kind', 'state']).orderBy('seq', order).limit(most);
}

/** How the messages of one chat are found: by keys, and those without a key by every form of the id. */
interface ChatForms {
  readonly keys: readonly string[];
  readonly ids: readonly string[];
}

/** Of a person under every account of the session, whichever number or LID was asked for. */
async function chatsOf(db: Database, session: string, chatId: string): Promise<ChatForms> {
  const key = keyOfChat(chatId);
  if (key !== undefined) return { keys: [key], ids: [chatId] };
  const people = await findUnderAllAccounts(db, session, chatId);
  const aliases = await aliasesOf(db, people);
  const ids = people.flatMap((person) => idsOf(toPerson(person)));
  return {
    keys: people.map(({ id }) => keyOfPerson(id)),
    ids: [...new Set([chatId, ...ids, ...aliases])],
  };
}
