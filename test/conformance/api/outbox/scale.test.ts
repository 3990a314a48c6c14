import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { readForeign, START } from '../../../../services/api/account/decision/settle-messages.ts';
import { readMessages } from '../../../../services/api/messages/message-page.ts';
import { messageQuerySchema } from '../../../../services/api/messages/message-query.ts';
import { toMessage } from '../../../../services/api/outbox/message.ts';
import { hasOpen, nextMoment, readHeads } from '../../../../services/api/outbox/next-per-chat.ts';
import { mustWait } from '../../../../services/api/outbox/recipients/same-person.ts';
import { isFirstOfQueue } from '../../../../services/api/outbox/transitions.ts';
import type { Database, DialectName, Engine } from '../../../../services/api/store/store.ts';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { QueryPlans, statisticsOf } from '../../../support/api/store/query-plans.ts';

const MESSAGES = 100_000;
const CHATS = 500;
/** The newest, two for each chat. */
const WAITING = 1_000;
/** A page with filters looks at 2,000 rows, in five steps; no query may look at the whole table. */
const MOST_VISITED = 12_000;
const NOW = 1_000_000;

const SCOPE = { session: 'default', account: '' };
const QUERY = { scope: SCOPE, now: NOW, limit: 10, fullLanes: [], isHeld: false };

type Read = (db: Database, dialect: DialectName) => Promise<unknown>;

const page =
  (query: object): Read =>
  (db, dialect) =>
    readMessages(db, dialect, 'default', messageQuerySchema.parse({ limit: '999', ...query }));

const READS: Readonly<Record<string, Read>> = {
  'a page of all': page({}),
  'a page of a chat': page({ chat_id: '15550000007@c.us' }),
  'a page of a chat that is not there': page({ chat_id: '15559999999@c.us' }),
  'a page of a chat and a status': page({ chat_id: '15550000007@c.us', status: 'failed' }),
  'a page of a rare status': page({ status: 'failed' }),
  'a page of what waits': page({ status: 'queued', limit: '100' }),
  'a page of a rare kind': page({ kind: 'media' }),
  'a page of a kind that is not there': page({ kind: 'location' }),
  'the heads of the chats': (db, dialect) => readHeads(db, dialect, QUERY),
  'the next moment': (db, dialect) => nextMoment(db, dialect, QUERY),
  'whether anything waits': (db) => hasOpen(db, 'default'),
  'whether an earlier message may be for the same person': (db, dialect) => newest(db, dialect, mustWait),
  'the first of a queue': (db, dialect) =>
    newest(db, dialect, (of, _dialect, _scope, message) =>
      sql`select 1 where ${isFirstOfQueue(message, '', NOW)}`.execute(of),
    ),
  'the messages of another account': (db) => readForeign(db, 'default', '15557770000@c.us', START),
};

/** Asks of the newest message to somebody who is known. */
async function newest(
  db: Database,
  dialect: DialectName,
  ask: (...given: Parameters<typeof mustWait>) => Promise<unknown>,
): Promise<void> {
  const row = await db
    .selectFrom('messages')
    .selectAll()
    .where('seq', '=', MESSAGES)
    .executeTakeFirstOrThrow();
  await ask(db, dialect, { session: 'default', account: '' }, toMessage(row), NOW);
}

forEachDatabase(({ name, fresh }) => {
  if (name === 'sqlite') return; // Its plans do not depend on how much there is, nor on statistics.
  describe(`outbox with many messages, on ${name}`, () => {
    const plans = new QueryPlans();
    let engine: Engine;
    before(async () => {
      engine = await plans.noting(await fresh())();
      await engine.write(async (db) => {
        await sql`alter table messages set (autovacuum_enabled = false)`.execute(db);
        await sql`insert into people (id, session, account, phone_number, created_at, updated_at)
          overriding system value
          select 1 + n, 'default', '', 15550000000 + n, 1, 1 from generate_series(0, ${CHATS - 1}::int) as numbers(n)`.execute(
          db,
        );
        await sql`insert into messages
          (id, session, chat_id, chat_key, kind, content, state, accepted_at, expires_at, next_try_at)
          select 'id' || n, 'default', 15550000000 + n % ${CHATS}::int || '@c.us',
            case when n % 2 = 0 then 'person:' || 1 + n % ${CHATS}::int end,
            case when n % 200 = 0 then 'media' else 'text' end, '{"kind":"text","text":"x"}',
            case when n > ${MESSAGES - WAITING}::int then 'queued' when n % 1000 = 0 then 'failed' else 'read' end,
            n, ${NOW * 2}::bigint, 0 from generate_series(1, ${MESSAGES}::int) as numbers(n)`.execute(db);
      });
    });
    after(async () => {
      await engine.write((db) => sql`alter table messages reset (autovacuum_enabled)`.execute(db));
      await engine.close();
    });

    for (const [which, make] of statisticsOf(name, 'messages'))
      describe(`with ${which}`, () => {
        before(() => engine.write(make));
        for (const [what, read] of Object.entries(READS))
          it(`reads by the indexes, not through the table: ${what}`, async () => {
            plans.clear();
            await engine.read((db) => read(db, name));
            const visited = await engine.write((db) => plans.rowsOf(db, 'messages'));
            assert.ok(visited <= MOST_VISITED, `${visited} of ${MESSAGES} messages were visited`);
          });
      });
  });
});
