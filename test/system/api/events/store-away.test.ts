import assert from 'node:assert/strict';
import request from 'supertest';
import { EVENTS_PATH } from '../../../../services/contract/internal.ts';
import { postgresSpace, sqliteFolder, sqliteIn } from '../../../support/api/databases.ts';
import { calls, post } from '../../../support/api/events/news.ts';
import { PostgresServer } from '../../../support/api/postgres-server.ts';
import { answerJson, fromGate, startWorld } from '../../../support/api/world.ts';
import { openEvents, openSocket } from '../../../support/kit/events.ts';
import { until } from '../../../support/until.ts';

describe('event log, while its database is away', () => {
  it('keeps its readers, and goes on where they were when it is back', async () => {
    await using server = await PostgresServer.start();
    await using world = await startWorld(answerJson(200, {}), { openStore: postgresSpace(server.url) });
    await post(world.origin, calls(10, 'before'));
    await using live = await openEvents(world.origin, fromGate);
    await using socket = await openSocket(world.origin, '?after=0', fromGate);
    await post(world.origin, calls(5, 'between'));
    assert.equal((await live.take(5)).length, 5);
    assert.equal((await socket.take(15)).length, 15);
    // More than the network holds: most of it is still in the database when that goes.
    for (let batch = 0; batch < 6; batch += 1)
      await post(world.origin, calls(100, `large${batch}/`, 'y'.repeat(30_000)));
    await using slow = await openEvents(world.origin, fromGate, '?after=0');
    await live.take(600);
    await socket.take(600);
    await server.kill();
    const late = slow.take(615);
    const give = () =>
      request(world.origin)
        .post(EVENTS_PATH)
        .set(fromGate)
        .send({ events: calls(7, 'after') });
    assert.equal((await give()).body.code, 'storage_unavailable');
    for (const ask of ['limit=1', 'after=0', '']) {
      const { status, body } = await request(world.origin).get(`/api/events?${ask}`).set(fromGate);
      assert.deepEqual([status, body.code], [503, 'storage_unavailable'], ask);
    }
    await assert.rejects(openSocket(world.origin, '', fromGate), {
      status: 503,
      code: 'storage_unavailable',
    });
    await server.startAgain();
    await until('the events are taken', async () => (await give()).status === 200);
    for (const events of [await live.take(7), await socket.take(7)])
      assert.deepEqual(
        events.map(({ data }) => data.call_id),
        calls(7, 'after').map(({ key }) => key),
      );
    assert.equal(new Set((await late).map(({ seq }) => seq)).size, 615);
    assert.equal(live.response.complete, false);
  });

  it('refuses readers while it has never been there, and takes them when it is', async () => {
    let isAway = true;
    const open = sqliteIn(sqliteFolder());
    await using world = await startWorld(answerJson(200, {}), {
      openStore: () => (isAway ? Promise.reject(new Error('no disk')) : open()),
    });
    const { status, headers } = await request(world.origin).get('/api/events').set(fromGate);
    assert.equal(status, 503);
    assert.match(headers['retry-after'] ?? '', /^\d+$/);
    isAway = false;
    const reader = await until('it is back', () => openEvents(world.origin, fromGate));
    await post(world.origin, calls(1));
    assert.equal((await reader.next()).data.call_id, '0');
    await reader[Symbol.asyncDispose]();
  });
});
