import assert from 'node:assert/strict';
import { sql } from 'kysely';
import type { Store } from '../../../../services/api/store/store.ts';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { LogServer } from '../../../support/api/events/log-server.ts';
import { openEvents } from '../../../support/kit/events.ts';

const FEW = 1_000;
const MANY = 100_000;
const CALLS = 25;
/** What scans or sorts the log takes a hundred times as long; `make bench` measures exactly, with a million. */
const MOST_TIMES = 8;

/** One event in 500 is a call, the others are acks. PostgreSQL has no statistics of them yet, as after a flood. */
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
  ['a page of several types', ({ log }, rows) => log.page(rows / 2, ['ack', 'call', 'state'], 100)],
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
];

forEachDatabase((database) => {
  describe(`event log with ${MANY} events, on ${database.name}`, () => {
    let small: LogServer;
    let large: LogServer;
    before(async () => {
      small = await LogServer.start(await database.fresh());
      large = await LogServer.start(await database.fresh());
      await fill(small.store, FEW);
      await fill(large.store, MANY);
    });
    after(async () => {
      await small[Symbol.asyncDispose]();
      await large[Symbol.asyncDispose]();
    });

    for (const [what, act] of OPERATIONS)
      it(`costs about what it costs with ${FEW}: ${what}`, async () => {
        const [fast, slow]: [number[], number[]] = [[], []];
        for (let call = 0; call < CALLS; call += 1) {
          fast.push(await milliseconds(() => act(small, FEW)));
          slow.push(await milliseconds(() => act(large, MANY)));
        }
        const times = lowerQuartile(slow) / lowerQuartile(fast);
        assert.ok(
          times < MOST_TIMES,
          `${times.toFixed(1)} times as long, ${lowerQuartile(slow).toFixed(2)} ms`,
        );
      });
  });
});

async function milliseconds(act: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await act();
  return performance.now() - begun;
}

/** What it costs, with little of what else the machine had to do. */
function lowerQuartile(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right)[values.length >> 2] ?? 0;
}
