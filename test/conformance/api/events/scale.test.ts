import assert from 'node:assert/strict';
import { sql } from 'kysely';
import type { Store } from '../../../../services/api/store/store.ts';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { LogServer } from '../../../support/api/events/log-server.ts';
import { QueryPlans, statisticsOf } from '../../../support/api/store/query-plans.ts';
import { openEvents } from '../../../support/kit/events.ts';

const EVENTS = 100_000;
/** The plans of SQLite do not depend on how much there is. */
const FEW_EVENTS = 1_000;
/** Far below what scans the log, and above a page of one session, which looks at 1000 events. */
const MOST_VISITED = 5_000;
/** One event in 500 is a call, the others are acks. `make bench` measures times. */
async function fill(store: Store, rows: number): Promise<void> {
  await store.write(async (db, dialect) => {
    const numbers =
      dialect === 'sqlite'
        ? sql`with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${rows}) select n from numbers`
        : sql`select n from generate_series(1, ${rows}::int) as numbers(n)`;
    await sql`insert into events (session, key, type, whatsapp_id, at, data, stored_at)
      select 'default', 'ack:' || n, case when n % 500 = 0 then 'call' else 'ack' end, null,
        '2026-01-01T00:00:00.000Z', '{"chat_id":"15551000000@c.us","stanza_id":"3EB0","ack":1}', 1
      from (${numbers}) as filled`.execute(db);
  });
}

const OPERATIONS: [what: string, act: (server: LogServer, rows: number) => Promise<unknown>][] = [
  ['a page from the middle', ({ log }, rows) => log.page(rows / 2, undefined, 100)],
  ['a page of a rare type', ({ log }) => log.page(0, ['call'], 2)],
  ['a page of a type that is not there', ({ log }) => log.page(0, ['revoked'], 100)],
  ['a page of several types that are not there', ({ log }) => log.page(0, ['revoked', 'gap'], 100)],
  ['a page of several types, one of them rare', ({ log }) => log.page(0, ['call', 'gap', 'state'], 2)],
  ['a page of one session', ({ log }, rows) => log.page(rows / 2, undefined, 100, { session: 'default' })],
  ['of one session and type', ({ log }) => log.page(0, ['call'], 2, { session: 'default' })],
  ['a page of no session', ({ log }) => log.page(0, undefined, 100, { session: 'nobody' })],
  ['the newest number', ({ log }) => log.lastSeq()],
  [
    'to resume the stream',
    async ({ origin }, rows) => {
      await using reader = await openEvents(origin, { 'last-event-id': String(rows - 50) });
      assert.equal((await reader.take(50)).at(-1)?.seq, rows);
    },
  ],
  [
    'a page of several types, one of them frequent',
    ({ log }, rows) => log.page(rows / 2, ['ack', 'call', 'state'], 100),
  ],
];

/** There were a few events of one type, and nothing that runs by itself looks at those that come now. */
async function makeOldStatistics(store: Store): Promise<void> {
  await store.write(async (db) => {
    await sql`alter table events set (autovacuum_enabled = false)`.execute(db);
    await sql`insert into events (session, key, type, whatsapp_id, at, data, stored_at)
      select 'default', 'state:' || n, 'state', null, '2026-01-01T00:00:00.000Z', '{}', 1
      from generate_series(1, 200) as numbers(n)`.execute(db);
    await sql`analyze events`.execute(db);
    await sql`delete from events`.execute(db);
    await sql`select setval(pg_get_serial_sequence('events', 'seq'), 1, false)`.execute(db);
  });
}

forEachDatabase(({ name, fresh }) => {
  describe(`event log with many events, on ${name}`, () => {
    const plans = new QueryPlans();
    const rows = name === 'sqlite' ? FEW_EVENTS : EVENTS;
    let server: LogServer;
    before(async () => {
      server = await LogServer.start(plans.noting(await fresh()));
      if (name === 'postgres') await makeOldStatistics(server.store);
      await fill(server.store, rows);
    });
    after(async () => {
      if (name === 'postgres')
        await server.store.write((db) => sql`alter table events reset (autovacuum_enabled)`.execute(db));
      await server[Symbol.asyncDispose]();
    });

    for (const [which, make] of statisticsOf(name, 'events'))
      describe(`with ${which}`, () => {
        before(() => server.store.write(make));
        for (const [what, act] of OPERATIONS)
          it(`reads by the indexes, not through the log: ${what}`, async () => {
            plans.clear();
            await act(server, rows);
            await server.store.write(async (db) => {
              if (name === 'postgres') {
                const visited = await plans.rowsOf(db, 'events');
                assert.ok(
                  visited > 0 && visited <= MOST_VISITED,
                  `${visited} of ${rows} events were visited`,
                );
                return;
              }
              const lines = await plans.linesOf(db, 'events');
              assert.ok(lines.length > 0);
              for (const line of lines) assert.match(line, /^SEARCH events\b/);
              // What is asked of the index leaves nothing to filter, so LIMIT bounds what is read.
              for (const line of lines.filter((text) => text.includes('events_by_type')))
                assert.match(line, /\(type=\? AND seq>\?\)$/);
            });
          });
      });
  });
});
