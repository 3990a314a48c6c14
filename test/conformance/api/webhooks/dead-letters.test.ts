import assert from 'node:assert/strict';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { Receiver, type ReceiverAnswer, withStatus } from '../../../support/api/webhooks/receiver.ts';
import { WebhookWorld } from '../../../support/api/webhooks/webhook-world.ts';
import { until } from '../../../support/until.ts';

const HOUR_MS = 3_600_000;

forEachDatabase(({ name, fresh }) => {
  describe(`dead letters on ${name}`, () => {
    it('come of what fails for longer than WEBHOOK_RETRY_HOURS; then the next event goes on', async () => {
      await using world = await WebhookWorld.start(await fresh());
      const [one = 0, two = 0, three = 0] = await world.append(3);
      await using receiver = await Receiver.start(refusing(one));
      const { id } = await world.create(receiver.url, { after: 0 });
      await receiver.has(2);
      world.clockOffsetMs = 71 * HOUR_MS;
      await receiver.has(receiver.received.length + 2);
      assert.deepEqual(receiver.distinct, [one]);
      world.clockOffsetMs = 73 * HOUR_MS;
      await until('the others have come', () => receiver.seqs.includes(three));
      assert.deepEqual(receiver.distinct, [one, two, three]);
      await world.becomes(id, { lag: 0, dead_letters: 1, attempts: 0 });
      const { body } = await world.call('get', `/${id}/dead-letters`, 200);
      const [letter] = body.dead_letters;
      assert.deepEqual(letter.payload, JSON.parse(receiver.received[0]?.text ?? ''));
      assert.partialDeepStrictEqual(letter, {
        seq: one,
        type: 'call',
        reason: `127.0.0.1:${receiver.port} answered with status 500`,
        attempts: receiver.seqs.filter((seq) => seq === one).length,
        is_redriving: false,
      });
      assert.equal(body.next, null);
    });

    it('are delivered when they are redriven, under the id that they had', async () => {
      await using world = await WebhookWorld.start(await fresh());
      await using receiver = await Receiver.start();
      const { id, letters } = await bury(world, receiver, 3);
      const original = receiver.received[0]?.id;
      receiver.answer = (_event, response) => void response.end();
      const before = receiver.received.length;
      await redrive(world, id, { ids: [letters[0]] }, 1);
      await receiver.has(before + 1);
      assert.equal(receiver.received.at(-1)?.id, original);
      await world.becomes(id, { dead_letters: 2 });
      await redrive(world, id, { all: true }, 2);
      await receiver.has(before + 3);
      await world.becomes(id, { dead_letters: 0 });
      const later = await world.append(1);
      await receiver.has(before + 4);
      assert.deepEqual(receiver.seqs.slice(before), [1, 2, 3, ...later]);
    });

    it('rest again when they fail again, and hold up no event', async () => {
      await using world = await WebhookWorld.start(await fresh());
      await using receiver = await Receiver.start();
      const { id, letters } = await bury(world, receiver, 2);
      receiver.answer = refusing(1);
      await redrive(world, id, { all: true }, 2);
      await world.becomes(id, { dead_letters: 1 });
      const { body } = await world.call('get', `/${id}/dead-letters`, 200);
      assert.deepEqual(
        body.dead_letters.map((letter: { id: number }) => letter.id),
        [letters[0]],
      );
      const later = await world.append(1);
      await until('the event has come', () => receiver.seqs.includes(later[0] ?? 0));
    });

    it('are listed page by page, and removed one by one or all at once', async () => {
      await using world = await WebhookWorld.start(await fresh());
      await using receiver = await Receiver.start();
      const { id, letters } = await bury(world, receiver, 3);
      const { body: first } = await world.call('get', `/${id}/dead-letters?limit=2`, 200);
      assert.deepEqual([first.dead_letters.length, first.next], [2, letters[1]]);
      const { body: rest } = await world.call('get', `/${id}/dead-letters?limit=2&after=${first.next}`, 200);
      assert.deepEqual([rest.dead_letters[0].id, rest.next], [letters[2], null]);
      const one = await world.call('delete', `/${id}/dead-letters/${letters[0]}`, 200);
      const all = await world.call('delete', `/${id}/dead-letters`, 200);
      assert.deepEqual([one.body, all.body], [{ removed: 1 }, { removed: 2 }]);
      await world.call('get', `/${id}/dead-letters?limit=0`, 400);
      await world.call('post', `/${id}/dead-letters/redrive`, 400, {});
      await world.call('get', '/wh_unknown/dead-letters', 404);
    });
  });
});

function refusing(seq: number): ReceiverAnswer {
  return (event, response) => void response.writeHead(event.seq === seq ? 500 : 200).end();
}

/** A webhook whose first so many events have become dead letters; gives their ids. */
async function bury(
  world: WebhookWorld,
  receiver: Receiver,
  count: number,
): Promise<{ id: string; letters: number[] }> {
  receiver.answer = withStatus(500);
  const { id } = await world.create(receiver.url);
  await world.append(count);
  for (let buried = 1; buried <= count; buried += 1) {
    // The next one was tried, so the clock has begun for it.
    await world.becomes(id, { lag: count - buried + 1 });
    await until('it has failed', async () => (await world.get(id)).attempts > 0);
    world.clockOffsetMs += 73 * HOUR_MS;
    await world.becomes(id, { dead_letters: buried });
  }
  const { body } = await world.call('get', `/${id}/dead-letters`, 200);
  return { id, letters: body.dead_letters.map((letter: { id: number }) => letter.id) };
}

async function redrive(world: WebhookWorld, id: string, what: object, count: number): Promise<void> {
  const { body } = await world.call('post', `/${id}/dead-letters/redrive`, 202, what);
  assert.deepEqual(body, { redriving: count });
}
