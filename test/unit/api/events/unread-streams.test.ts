import assert from 'node:assert/strict';
import request from 'supertest';
import { Follower } from '../../../../services/api/events/follower.ts';
import type { LogPage } from '../../../../services/api/events/log-event.ts';
import { OpenReaders } from '../../../../services/api/events/open-readers.ts';
import { freshSqlite } from '../../../support/api/databases.ts';
import { LogServer } from '../../../support/api/events/log-server.ts';
import { calls } from '../../../support/api/events/news.ts';
import { fromGate } from '../../../support/api/world.ts';
import { openEvents, openSocket } from '../../../support/kit/events.ts';
import { until } from '../../../support/until.ts';

const EVENTS = 2_000;
const PAGE = 100;
const STREAMS = 100;

const from = (address: string) => ({ ...fromGate, 'x-forwarded-for': address });

describe('streams that are all far behind', () => {
  it('leave a page between two of theirs to another client, however many they are', async () => {
    await using server = await LogServer.start(await freshSqlite());
    await server.append(calls(EVENTS, '', 'x'.repeat(1_000)));
    let pagesOfStreams = 0;
    const sink = {
      takesMore: true,
      deliver: () => {
        pagesOfStreams += 1;
      },
      end: () => undefined,
    };
    const all = { types: undefined, session: undefined };
    const streams = Array.from(
      { length: STREAMS },
      () => new Follower(server.log, 0, all, sink, '192.0.2.1'),
    );
    for (const stream of streams) stream.advance();
    let next = 0;
    for (let pages = 1; pages <= EVENTS / PAGE; pages += 1) {
      const page = await server.log.page(next, undefined, PAGE, { client: '192.0.2.2' });
      next = page.next;
      assert.ok(pagesOfStreams <= pages * 2, `${pagesOfStreams} pages of streams before page ${pages}`);
    }
    assert.equal(next, EVENTS);
    for (const stream of streams) stream.stop();
  });

  it('begin with small pages', async () => {
    await using server = await LogServer.start(await freshSqlite());
    await server.append(calls(EVENTS, '', 'x'.repeat(1_000)));
    const sizes: number[] = [];
    const sink = {
      takesMore: true,
      deliver: ({ events }: LogPage) => void sizes.push(events.length),
      end: () => undefined,
    };
    const stream = new Follower(server.log, 0, { types: undefined, session: undefined }, sink);
    stream.advance();
    await until('it has several pages', () => sizes.length >= 5);
    stream.stop();
    const [first = 0, second = 0, , , fifth = 0] = sizes;
    assert.ok(first <= 10 && second > first && fifth > 40 && fifth < 80, sizes.join());
  });
});

describe('readers of events that hold a connection', () => {
  const small = () => new OpenReaders(undefined, 8, 4);
  const stream = (server: LogServer, address: string) => openEvents(server.origin, from(address));
  const refused = async (server: LogServer, address: string, query = '') => {
    const answer = await request(server.origin).get(`/api/events${query}`).set(from(address));
    assert.deepEqual([answer.status, answer.body.code], [503, 'readers_busy']);
    assert.match(String(answer.headers['retry-after']), /^\d+$/);
  };

  it('are refused beyond the share of their client, of whatever kind, and let in when one has gone', async () => {
    const readers = small();
    await using server = await LogServer.start(await freshSqlite(), { readers });
    const open = [
      await stream(server, '192.0.2.1'),
      await stream(server, '192.0.2.1, 10.0.0.1'),
      await openSocket(server.origin, '', from('192.0.2.1')),
    ];
    const waiting = request(server.origin).get('/api/events?wait=60').set(from('192.0.2.1'));
    const waited = waiting.then(
      () => undefined,
      () => undefined,
    );
    await until('all four are open', () => readers.budget.heldBy('192.0.2.1') === 4);
    await refused(server, '192.0.2.1');
    await refused(server, '192.0.2.1', '?wait=1');
    await assert.rejects(openSocket(server.origin, '', from('192.0.2.1')));
    const page = await request(server.origin).get('/api/events?limit=1').set(from('192.0.2.1'));
    assert.equal(page.status, 200, 'a page that waits for nothing holds no place');
    open.push(await stream(server, '192.0.2.2'));
    waiting.abort();
    await waited;
    for (const reader of open) await reader[Symbol.asyncDispose]();
    await until('all places are free', () => readers.budget.heldBy('192.0.2.1') === 0);
    await (await stream(server, '192.0.2.1'))[Symbol.asyncDispose]();
  });

  it('of one network of IPv6 are one client, and the last places are for clients that have none', async () => {
    await using server = await LogServer.start(await freshSqlite(), { readers: small() });
    const open = [];
    for (let index = 0; index < 4; index += 1) open.push(await stream(server, `2001:db8:0:1::${index}`));
    await refused(server, '2001:db8:0:1::9');
    for (let index = 0; index < 2; index += 1) open.push(await stream(server, '2001:db8:0:2::1'));
    await refused(server, '2001:db8:0:2::1');
    open.push(await stream(server, '192.0.2.1'), await stream(server, '192.0.2.2'));
    await refused(server, '192.0.2.3');
    for (const reader of open) await reader[Symbol.asyncDispose]();
  });
});
