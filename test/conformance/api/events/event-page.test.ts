import assert from 'node:assert/strict';
import request from 'supertest';
import { EVENT_TYPES } from '../../../../services/contract/events.ts';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { ack, call, calls, post, state } from '../../../support/api/events/news.ts';
import { type ApiWorld, answerJson, fromGate, startWorld } from '../../../support/api/world.ts';

const bridge = answerJson(200, {});

const ask = (world: ApiWorld, query: string, headers: Record<string, string> = {}) =>
  request(world.origin)
    .get(`/api/events?${query}`)
    .set({ ...fromGate, ...headers });

const seqsOf = (body: { events: { seq: number }[] }) => body.events.map(({ seq }) => seq);

forEachDatabase((database) => {
  describe(`event pages, on ${database.name}`, () => {
    it('begin with the oldest event and join by `next`, until there is no more', async () => {
      await using world = await startWorld(bridge, { openStore: await database.fresh() });
      await post(world.origin, calls(25));
      const keys: string[] = [];
      for (let [after, hasMore] = ['0', true]; hasMore; ) {
        const { body } = await ask(world, `limit=10&after=${after}`).expect(200);
        keys.push(...body.events.map((event: { data: { call_id: string } }) => event.data.call_id));
        after = String(body.next);
        hasMore = body.has_more;
        assert.ok(body.events.length === 10 || !hasMore);
      }
      assert.deepEqual(
        keys,
        calls(25).map(({ key }) => key),
      );
    });

    it('have 100 events unless told otherwise, and 1000 at most', async () => {
      await using world = await startWorld(bridge, { openStore: await database.fresh() });
      for (let batch = 0; batch < 11; batch += 1) await post(world.origin, calls(100, `${batch}/`));
      const json = { accept: 'application/json' };
      assert.equal((await ask(world, '', json)).body.events.length, 100);
      assert.equal((await ask(world, 'limit=1000')).body.events.length, 1000);
    });

    it('are empty for an empty log, without an oldest event', async () => {
      await using world = await startWorld(bridge, { openStore: await database.fresh() });
      const { body } = await ask(world, 'limit=5').expect(200);
      assert.deepEqual(body, { events: [], next: 0, oldest: null, has_more: false });
    });

    it('are filtered by types and by session', async () => {
      await using world = await startWorld(bridge, { openStore: await database.fresh() });
      await post(world.origin, [call('a'), ack('b', 'A'), state('c', 'qr'), call('d', 'x', 'other')]);
      const typesOf = async (query: string) =>
        (await ask(world, `limit=10&${query}`)).body.events.map(({ type }: { type: string }) => type);
      assert.deepEqual(await typesOf('types=ack,state'), ['ack', 'state']);
      assert.deepEqual(await typesOf(`types=${EVENT_TYPES.join(',')}`), ['call', 'ack', 'state', 'call']);
      assert.deepEqual(await typesOf('session=other'), ['call']);
      assert.deepEqual(await typesOf('session=nobody'), []);
      assert.deepEqual(await typesOf('types=call&session=default'), ['call']);
    });

    it('are never empty while there is more, however rare what is asked for', async () => {
      await using world = await startWorld(bridge, { openStore: await database.fresh() });
      for (let batch = 0; batch < 25; batch += 1) await post(world.origin, calls(100, `${batch}/`));
      await post(world.origin, [call('rare', 'x', 'other')]);
      const { body } = await ask(world, 'limit=10&session=other').expect(200);
      assert.deepEqual([body.events[0]?.data.call_id, body.has_more], ['rare', false]);
    });

    it('answer a cursor from the future from the beginning', async () => {
      await using world = await startWorld(bridge, { openStore: await database.fresh() });
      await post(world.origin, calls(3));
      const all = seqsOf((await ask(world, 'limit=10')).body);
      assert.deepEqual(seqsOf((await ask(world, 'limit=10&after=1764000000000000')).body), all);
    });

    it('wait for the first event as long as they are told, and no longer', async () => {
      await using world = await startWorld(bridge, { openStore: await database.fresh() });
      await post(world.origin, calls(2));
      const { next } = (await ask(world, 'limit=10')).body;
      const waiting = ask(world, `after=${next}&wait=30&types=ack`).then(({ body }) => body);
      const inVain = await ask(world, `after=${next}&wait=1`).expect(200);
      assert.deepEqual([inVain.body.events, inVain.body.next], [[], next]);
      await post(world.origin, [call('other')]);
      await post(world.origin, [ack('a', 'A')]);
      const body = await waiting;
      assert.deepEqual(
        body.events.map(({ type }: { type: string }) => type),
        ['ack'],
      );
      const { body: now } = await ask(world, `after=${next}&wait=30`);
      assert.equal(now.events.length, 2, 'what is there is not waited for');
    });
  });
});
