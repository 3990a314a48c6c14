import assert from 'node:assert/strict';
import request from 'supertest';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { ack, call, calls, post } from '../../../support/api/events/news.ts';
import { answerJson, fromGate, startWorld } from '../../../support/api/world.ts';
import { openSocket } from '../../../support/kit/events.ts';

const bridge = answerJson(200, {});

forEachDatabase((database) => {
  describe(`event WebSocket, on ${database.name}`, () => {
    it('begins now, and brings what comes as a text message each', async () => {
      await using world = await startWorld(bridge, { openStore: await database.fresh() });
      await post(world.origin, calls(3, 'before'));
      await using reader = await openSocket(world.origin, '', fromGate);
      await post(world.origin, calls(40));
      await post(world.origin, calls(45));
      assert.deepEqual(
        (await reader.take(45)).map(({ data }) => data.call_id),
        calls(45).map(({ key }) => key),
      );
    });

    it('goes on behind a number, from the future too, and filters as the stream does', async () => {
      await using world = await startWorld(bridge, { openStore: await database.fresh() });
      await post(world.origin, [call('a'), ack('b', 'A'), call('c', 'x', 'other'), call('d')]);
      const { body } = await request(world.origin).get('/api/events?limit=10').set(fromGate);
      const seqs: number[] = body.events.map(({ seq }: { seq: number }) => seq);
      const read = async (query: string, count: number) => {
        await using reader = await openSocket(world.origin, query, fromGate);
        return (await reader.take(count)).map(({ seq }) => seq);
      };
      assert.deepEqual(await read(`?after=${seqs[1]}`, 2), seqs.slice(2));
      assert.deepEqual(await read('?after=1764000000000000', 4), seqs);
      assert.deepEqual(await read('?after=0&types=ack', 1), [seqs[1]]);
      assert.deepEqual(await read('?after=0&types=call&session=other', 1), [seqs[2]]);
    });

    it('brings a reader that is far behind everything', async () => {
      await using world = await startWorld(bridge, { openStore: await database.fresh() });
      for (let batch = 0; batch < 20; batch += 1)
        await post(world.origin, calls(100, `${batch}/`, 'y'.repeat(700)));
      await using reader = await openSocket(world.origin, '?after=0', fromGate);
      const seqs = (await reader.take(2_000)).map(({ seq }) => seq);
      assert.deepEqual(
        seqs,
        [...new Set(seqs)].sort((left, right) => left - right),
      );
    });
  });
});
