import assert from 'node:assert/strict';
import request from 'supertest';
import { EVENTS_PATH } from '../../../../services/contract/internal.ts';
import { freshSqlite } from '../../../support/api/databases.ts';
import { call, calls } from '../../../support/api/events/news.ts';
import { type ApiWorld, answerJson, fromGate, startWorld } from '../../../support/api/world.ts';
import { until } from '../../../support/until.ts';

const bridge = answerJson(200, {});

const read = async (world: ApiWorld) =>
  (await request(world.origin).get('/api/events?limit=1000').set(fromGate).expect(200)).body.events;

describe('intake of events', () => {
  it('refuses while the store is away, and takes the same batch when it is back', async () => {
    let isAway = true;
    const open = await freshSqlite();
    await using world = await startWorld(bridge, {
      openStore: () => (isAway ? Promise.reject(new Error('no disk')) : open()),
    });
    const send = () =>
      request(world.origin)
        .post(EVENTS_PATH)
        .set(fromGate)
        .send({ events: calls(3) });
    const { status, body } = await send();
    assert.deepEqual([status, body.code], [503, 'storage_unavailable']);
    isAway = false;
    await until('it is back', async () => (await send()).status === 200);
    assert.equal((await read(world)).length, 3);
  });

  it('refuses a batch that is none, and logs nothing of it', async () => {
    await using world = await startWorld(bridge);
    const odd = { ...call('b'), at: 'yesterday' };
    for (const events of [[], [call('a'), odd], [{ ...call('a'), kind: 'unheard of' }], calls(101), 'x']) {
      const { status, body } = await request(world.origin).post(EVENTS_PATH).set(fromGate).send({ events });
      assert.deepEqual([status, body.code], [400, 'body_invalid']);
    }
    assert.deepEqual(await read(world), []);
  });
});
