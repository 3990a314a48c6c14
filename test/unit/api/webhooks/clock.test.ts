import assert from 'node:assert/strict';
import { freshSqlite } from '../../../support/api/databases.ts';
import { Receiver, withStatus } from '../../../support/api/webhooks/receiver.ts';
import { WebhookWorld } from '../../../support/api/webhooks/webhook-world.ts';
import { until } from '../../../support/until.ts';

const HOUR_MS = 3_600_000;
const BACKOFF_MS = 100;
/** So many times the webhook that waits could look at its event too soon. */
const LOOKS = 30;

describe('webhooks, when the clock of the machine jumps by an hour', () => {
  for (const [direction, jumpMs] of [
    ['back', -HOUR_MS],
    ['forward', HOUR_MS],
  ] as const) {
    it(`${direction}, do not wait longer than the backoff`, async () => {
      await using world = await start(BACKOFF_MS);
      await using receiver = await Receiver.start(withStatus(500));
      const { id } = await world.create(receiver.url);
      const seqs = await world.append(1);
      await receiver.has(1);
      world.clockOffsetMs = jumpMs;
      const tries = receiver.received.length;
      receiver.answer = withStatus(200);
      await until('it was tried again', () => receiver.received.length > tries);
      await world.becomes(id, { lag: 0, attempts: 0 });
      assert.deepEqual(receiver.distinct, seqs);
    });

    it(`${direction}, while they were down, go on soon after the start`, async () => {
      await using world = await start(BACKOFF_MS);
      await using receiver = await Receiver.start(withStatus(500));
      const { id } = await world.create(receiver.url);
      const seqs = await world.append(1);
      await until('the row has a failure', async () => (await world.get(id)).attempts > 0);
      await world.restart(0, () => {
        world.clockOffsetMs = jumpMs;
        receiver.received.length = 0;
        receiver.answer = withStatus(200);
      });
      await until('it was tried again', () => receiver.received.length > 0);
      await world.becomes(id, { lag: 0, attempts: 0 });
      assert.deepEqual(receiver.distinct, seqs);
    });
  }

  it('forward, flood nobody', async () => {
    await using world = await start(60_000);
    await using failing = await Receiver.start(withStatus(500));
    await using good = await Receiver.start();
    const { id } = await world.create(failing.url);
    await world.append(1);
    await world.becomes(id, { attempts: 1 });
    world.clockOffsetMs = HOUR_MS;
    await world.create(good.url);
    // This one could look at each event for the other one as well, and reads its row at each of them.
    for (let count = 1; count <= LOOKS; count += 1) {
      world.deliverer.changed(id);
      await world.append(1);
      await good.has(count);
    }
    assert.equal(failing.received.length, 1);
  });
});

async function start(retryMs: number): Promise<WebhookWorld> {
  return WebhookWorld.start(await freshSqlite(), { retryMs });
}
