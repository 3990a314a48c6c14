import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import request from 'supertest';
import { freshSqlite } from '../../../support/api/databases.ts';
import { LogServer } from '../../../support/api/events/log-server.ts';
import { call, calls } from '../../../support/api/events/news.ts';
import { answerJson, fromGate, startWorld } from '../../../support/api/world.ts';
import { openEvents } from '../../../support/kit/events.ts';
import { until } from '../../../support/until.ts';

const bridge = answerJson(200, {});

describe('event stream', () => {
  it('is what those get who do not say what they accept, or anything', async () => {
    await using world = await startWorld(bridge);
    for (const accept of [undefined, '*/*', 'text/event-stream', 'text/html,*/*;q=0.8']) {
      await using reader = await openEvents(world.origin, {
        ...fromGate,
        ...(accept === undefined ? {} : { accept }),
      });
      assert.equal(reader.response.headers['content-type'], 'text/event-stream; charset=utf-8');
      assert.equal(reader.response.headers['cache-control'], 'no-store');
    }
  });

  it('has frames as browsers read them, tells when to come back, and pings', async () => {
    await using server = await LogServer.start(await freshSqlite(), { pingMs: 20 });
    const [response]: IncomingMessage[] = await once(get(`${server.origin}/api/pinged`), 'response');
    assert.ok(response !== undefined);
    let text = '';
    response.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
    });
    await until('it pings', () => text.includes(': ping\n\n: ping\n\n'));
    await server.append([call('a', 'two\nlines')]);
    await until('the event is there', () => text.includes('two'));
    assert.match(
      text,
      /^: events follow\nretry: \d{4}\n\n(: ping\n\n)+id: 1\nevent: call\ndata: {"seq":1,.*}\n\n/,
    );
    response.destroy();
  });

  it('refuses a number or a type that is none, before it begins', async () => {
    await using world = await startWorld(bridge);
    const ask = (query: string, headers = {}) =>
      request(world.origin)
        .get(`/api/events${query}`)
        .set({ ...fromGate, ...headers });
    for (const [query, headers, field] of [
      ['?after=x', {}, 'after'],
      ['?types=foo', {}, 'types'],
      ['', { 'last-event-id': '-1' }, 'last-event-id'],
    ] as const) {
      const { body, status } = await ask(query, headers);
      assert.deepEqual([status, body.code, body.errors[0].field], [400, 'query_invalid', field]);
    }
  });

  it('answers HEAD at once, without a body', async () => {
    await using world = await startWorld(bridge);
    const head = get(`${world.origin}/api/events`, { method: 'HEAD', headers: fromGate });
    const [response]: IncomingMessage[] = await once(head, 'response');
    assert.equal(response?.resume().statusCode, 200);
    assert.equal(response?.headers['content-type'], 'text/event-stream; charset=utf-8');
    await once(head, 'close');
  });

  it('ends when the api stops, even for a reader that does not read', async () => {
    await using server = await LogServer.start(await freshSqlite());
    // More than the network holds.
    await server.append(calls(300, '', 'y'.repeat(100_000)));
    await using reading = await openEvents(server.origin);
    await using stalled = await openEvents(server.origin, {}, '?after=0');
    const ended = assert.rejects(reading.next(), /ended/);
    await server.close(600_000); // Longer than the test may take: it does not wait for the grace.
    await ended;
    await assert.rejects(stalled.take(300), /ended|aborted/);
  });

  it('begins anew with another database that has taken the place of the one it was read from', async () => {
    await using server = await LogServer.start(await freshSqlite());
    await server.append(calls(20, 'old'));
    await using reader = await openEvents(server.origin, {}, '?after=0');
    await reader.take(20);
    // What an operator does who moves the database away, as far as the log can see it.
    await server.store.write(async (db) => {
      await db.deleteFrom('events').execute();
      await db.insertInto('events').values(rowOf(1)).execute();
    });
    server.log.appended();
    assert.equal((await reader.next()).seq, 1);
    await server.store.write((db) => db.insertInto('events').values(rowOf(2)).execute());
    server.log.appended();
    assert.equal((await reader.next()).seq, 2);
  });
});

const rowOf = (seq: number) => ({
  seq,
  session: 'default',
  key: `anew${seq}`,
  type: 'call',
  whatsapp_id: null,
  at: '2026-01-01T00:00:00.000Z',
  data: '{}',
  stored_at: 1,
});
