import assert from 'node:assert/strict';
import request from 'supertest';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { ack, call, calls, post } from '../../../support/api/events/news.ts';
import { answerJson, fromGate, startWorld } from '../../../support/api/world.ts';
import { openEvents } from '../../../support/kit/events.ts';

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
