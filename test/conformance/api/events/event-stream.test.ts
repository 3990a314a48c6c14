import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import request from 'supertest';
import { forEachDatabase, sqliteFolder, sqliteIn } from '../../../support/api/databases.ts';
import { LogServer } from '../../../support/api/events/log-server.ts';
import { ack, call, calls, post } from '../../../support/api/events/news.ts';
import { answerJson, fromGate, startWorld } from '../../../support/api/world.ts';
import { openEvents } from '../../../support/kit/events.ts';
import { until } from '../../../support/kit/kit.ts';

const bridge = answerJson(200, {});

forEachDatabase((database) => {
  describe(`event stream, on ${database.name}`, () => {
    it('begins now, and brings what comes, each event once and in order', async () => {
      await using world = await startWorld(bridge, { openStore: await database.fresh() });
      await post(world.origin, calls(3, 'before'));
      await using reader = await openEvents(world.origin, fromGate);
      await post(world.origin, calls(40));
      await post(world.origin, calls(45));
      const events = await reader.take(45);
      assert.deepEqual(
        events.map(({ data }) => data.call_id),
        calls(45).map(({ key }) => key),
      );
    });

    it('goes on by every way to say where it stopped, with exactly what was missed', async () => {
      await using world = await startWorld(bridge, { openStore: await database.fresh() });
      await post(world.origin, calls(30));
      const { body } = await request(world.origin).get('/api/events?limit=30').set(fromGate);
      const seqs: number[] = body.events.map(({ seq }: { seq: number }) => seq);
      for (const stopped of [0, 7, 28]) {
        const last = String(seqs[stopped]);
        const ways = [
          await openEvents(world.origin, { ...fromGate, 'last-event-id': last }),
          await openEvents(world.origin, fromGate, `?after=${last}`),
          // A browser comes back to the address that it was given, and says what it has seen since.
          await openEvents(world.origin, { ...fromGate, 'last-event-id': last }, '?after=0'),
        ];
        for (const reader of ways) {
          const missed = await reader.take(29 - stopped);
          assert.deepEqual(
            missed.map(({ seq }) => seq),
            seqs.slice(stopped + 1),
          );
          await reader[Symbol.asyncDispose]();
        }
      }
    });

    it('gives all it has to a reader with a number from the future', async () => {
      await using world = await startWorld(bridge, { openStore: await database.fresh() });
      await post(world.origin, calls(5));
      await using reader = await openEvents(world.origin, {
        ...fromGate,
        'last-event-id': '1764000000000000',
      });
      assert.equal((await reader.take(5))[0]?.data.call_id, '0');
      await post(world.origin, [call('new')]);
      assert.equal((await reader.next()).data.call_id, 'new');
    });

    it('brings only the types and the session that are asked for, old and new', async () => {
      await using world = await startWorld(bridge, { openStore: await database.fresh() });
      const mixed = (name: string) => [
        call(`${name}1`),
        ack(`${name}2`, 'A'),
        call(`${name}3`, 'x', 'other'),
        ack(`${name}4`, 'B'),
      ];
      await post(world.origin, mixed('old'));
      await using acks = await openEvents(world.origin, fromGate, '?types=ack&after=0');
      await using calling = await openEvents(world.origin, fromGate, '?types=call&session=default&after=0');
      await post(world.origin, mixed('new'));
      assert.deepEqual(
        (await acks.take(4)).map(({ data }) => data.stanza_id),
        ['A', 'B', 'A', 'B'],
      );
      assert.deepEqual(
        (await calling.take(2)).map(({ data }) => data.call_id),
        ['old1', 'new1'],
      );
    });

    it('brings a reader that is far behind everything, at the pace at which it reads', async () => {
      await using world = await startWorld(bridge, { openStore: await database.fresh() });
      const batches = 40;
      for (let batch = 0; batch < batches; batch += 1)
        await post(world.origin, calls(100, `${batch}/`, 'y'.repeat(700)));
      await using reader = await openEvents(world.origin, { ...fromGate, 'last-event-id': '0' });
      let last = 0;
      for (let count = 0; count < batches * 100; count += 1) {
        const { seq } = await reader.next();
        assert.ok(seq > last);
        last = seq;
      }
    });
  });
});

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
    await using server = await LogServer.start(sqliteIn(sqliteFolder()), { pingMs: 20 });
    const [response]: IncomingMessage[] = await once(get(`${server.origin}/api/pinged`), 'response');
    assert.ok(response !== undefined);
    let text = '';
    response.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
    });
    await until('it pings', () => text.includes(': ping\n\n: ping\n\n'), 5_000);
    await server.append([call('a', 'two\nlines')]);
    await until('the event is there', () => text.includes('two'), 5_000);
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
    await using server = await LogServer.start(sqliteIn(sqliteFolder()));
    // More than the network holds.
    await server.append(calls(300, '', 'y'.repeat(100_000)));
    await using reading = await openEvents(server.origin);
    await using stalled = await openEvents(server.origin, {}, '?after=0');
    const ended = assert.rejects(reading.next(), /ended/);
    assert.ok((await server.close(10_000)) < 5_000);
    await ended;
    await assert.rejects(stalled.take(300), /ended|aborted/);
  });

  it('begins anew with another database that has taken the place of the one it was read from', async () => {
    await using server = await LogServer.start(sqliteIn(sqliteFolder()));
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
