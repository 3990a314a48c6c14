import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { toMessage } from '../../../../services/api/outbox/message.ts';
import { findHeads, type HeadQuery, nextMoment } from '../../../../services/api/outbox/next-per-chat.ts';
import { mustWait } from '../../../../services/api/outbox/recipients/same-person.ts';
import { Store } from '../../../../services/api/store/store.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { QueryPlans, statisticsOf } from '../../../support/api/store/query-plans.ts';

const NOW = 1_000_000;
const MANY = 20_000;
const LIMIT = 10;
/** Rows of `messages` and of its indexes: each candidate that is taken, once in its range, once itself, and once ahead. */
const MOST_VISITED = 8 * LIMIT;

/** What waits, as SQL on `n`: the chat, when it is tried, its kind, its account, and whether it is set aside. */
const WAITING: Readonly<
  Record<string, Readonly<Record<'chat' | 'at' | 'kind' | 'account' | 'code', string>>>
> = {
  'many chats, all due': { chat: 'n', at: '1', kind: "'text'", account: "'one'", code: 'null' },
  'many chats that are paced': {
    chat: 'n',
    at: `${NOW} + n`,
    kind: "'text'",
    account: "'one'",
    code: 'null',
  },
  'one chat whose first message is paced': {
    chat: '1',
    at: `case when n = 1 then ${NOW + 5} else 1 end`,
    kind: "'text'",
    account: "'one'",
    code: 'null',
  },
  'many chats with messages of another account': {
    chat: 'n',
    at: '1',
    kind: "'text'",
    account: "'two'",
    code: 'null',
  },
  'one chat with messages of another account': {
    chat: '1',
    at: '1',
    kind: "'text'",
    account: "'two'",
    code: 'null',
  },
  'many chats whose messages are set aside': {
    chat: 'n',
    at: '1',
    kind: "'media'",
    account: "'one'",
    code: "'page_incompatible'",
  },
  'one chat whose messages are set aside': {
    chat: '1',
    at: '1',
    kind: "'media'",
    account: "'one'",
    code: "'page_incompatible'",
  },
  'many chats with media, while that lane is full': {
    chat: 'n',
    at: '1',
    kind: "'media'",
    account: "'one'",
    code: 'null',
  },
  'many chats with links, while that lane is full': {
    chat: 'n',
    at: '1',
    kind: "'text'",
    account: "'one'",
    code: 'null',
  },
};
const QUERY: HeadQuery = {
  scope: { session: 'default', account: 'one' },
  now: NOW,
  limit: LIMIT,
  isHeld: true,
  fullLanes: ['upload', 'preview'],
};
const OPEN_LANES: HeadQuery = { ...QUERY, fullLanes: [] };

forEachDatabase(({ name, fresh }) => {
  describe(`outbox in which much waits, on ${name}`, () => {
    const plans = new QueryPlans();
    let store: Store;
    before(async () => {
      store = await Store.open(plans.noting(await fresh()), createLog('api', 'silent'));
    });
    after(() => store.close());

    for (const [what, { chat, at, kind, account, code }] of Object.entries(WAITING))
      it(`finds the next message and the next moment at the cost of an empty one: ${what}`, async () => {
        await store.write(async (db) => {
          await db.deleteFrom('messages').execute();
          const text = what.includes('links') ? 'https://example.com' : 'x';
          await sql`insert into messages
            (id, session, account, chat_id, kind, content, state, error_code, accepted_at, expires_at, next_try_at)
            with recursive count (n) as (select 1 union all select n + 1 from count where n < ${sql.lit(MANY)})
            select 'id' || n, 'default', ${sql.raw(account)}, ${sql.raw(chat)} || '@g.us', ${sql.raw(kind)},
              ${sql.lit(`{"kind":"text","text":"${text}"}`)}, 'queued', ${sql.raw(code)}, 1, ${sql.lit(NOW * 2)},
              ${sql.raw(at)} from count`.execute(db);
          await db
            .insertInto('messages')
            .values({
              id: 'free',
              session: 'default',
              account: 'one',
              chat_id: what.startsWith('one') && !what.includes('paced') ? '1@g.us' : 'free@g.us',
              kind: 'text',
              content: '{"kind":"text","text":"x"}',
              state: 'queued',
              accepted_at: 1,
              expires_at: NOW * 2,
              next_try_at: 0,
            })
            .execute();
        });
        const query = what.includes('lane') ? QUERY : OPEN_LANES;
        const heads = await findHeads(store, query);
        assert.equal(heads[0]?.id, 'free');
        await atTheCostOfAnEmptyOne(async () => {
          await findHeads(store, query);
          await store.read((db, dialect) => nextMoment(db, dialect, query));
        });
      });

    it('knows at the cost of an empty one whether a message is for the person of one that waits', async () => {
      const message = await store.write(async (db) => {
        await db.deleteFrom('messages').execute();
        await db.deleteFrom('people').execute();
        await sql`insert into messages (id, session, chat_id, kind, content, state, accepted_at, expires_at, next_try_at)
          with recursive count (n) as (select 1 union all select n + 1 from count where n < ${sql.lit(MANY)})
          select 'id' || n, 'default', (15550000000 + n) || '@c.us', 'text', '{"kind":"text","text":"x"}', 'queued', 1,
            ${sql.lit(NOW * 2)}, 1 from count`.execute(db);
        const { id } = await db
          .insertInto('people')
          .values({
            session: 'default',
            account: 'one',
            phone_number: '15559990000',
            created_at: 1,
            updated_at: 1,
          })
          .returning('id')
          .executeTakeFirstOrThrow();
        const row = await db
          .insertInto('messages')
          .values({
            id: 'known',
            session: 'default',
            chat_id: '15559990000@c.us',
            chat_key: `person:${id}`,
            kind: 'text',
            content: '{"kind":"text","text":"x"}',
            state: 'queued',
            accepted_at: 1,
            expires_at: NOW * 2,
            next_try_at: 1,
          })
          .returningAll()
          .executeTakeFirstOrThrow();
        return toMessage(row);
      });
      await atTheCostOfAnEmptyOne(() =>
        store.read((db, dialect) => mustWait(db, dialect, QUERY.scope, message, NOW)),
      );
    });

    async function atTheCostOfAnEmptyOne(read: () => Promise<unknown>): Promise<void> {
      for (const [, make] of statisticsOf(name, 'messages')) {
        await store.write(make);
        plans.clear();
        await read();
        if (name === 'sqlite') {
          const lines = await store.write((db) => plans.linesOf(db, '(messages|ahead)'));
          assert.ok(lines.length > 0);
          assert.deepEqual(
            lines.filter((line) => !BY_INDEX.test(line)),
            [],
          );
        } else {
          const visited = await store.write((db) => plans.rowsOf(db, 'messages'));
          assert.ok(visited <= MOST_VISITED, `${visited} of ${MANY} messages were visited`);
        }
      }
    }
  });
});

/**
 * How SQLite may go through the messages: each condition up to the order of the rows is part of the search, so what is
 * read is what is taken. SQLite counts no rows.
 */
const BY_INDEX = new RegExp(
  [
    /INTEGER PRIMARY KEY \(rowid=\?\)/,
    /messages_next \(session=\? AND <expr>=\? AND <expr>=\? AND next_try_at>\?( AND next_try_at<\?)?\)/,
    /messages_set_aside \(session=\? AND state=\?( AND next_try_at>\?)?( AND next_try_at<\?)?\)/,
    /messages_ahead \(<expr>=\? AND <expr>=\? AND seq<\?\)/,
    /messages_canceling \(session=\? AND next_try_at>\? AND next_try_at<\?\)/,
    /messages_sending \(expires_at<\?\)/,
    /messages_unresolved_by_tail \(session=\? AND <expr>>\? AND <expr><\?\)/,
    /messages_unresolved_lids \(<expr>>\? AND <expr><\?\)/,
    /messages_scheduled/,
    /messages_expiring/,
  ]
    .map(({ source }) => source)
    .join('|'),
);
