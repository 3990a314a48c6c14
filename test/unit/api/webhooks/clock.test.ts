import assert from 'node:assert/strict';
import { freshSqlite } from '../../../support/api/databases.ts';
import { first, Receiver, withStatus } from '../../../support/api/webhooks/receiver.ts';
import { WebhookWorld } from '../../../support/api/webhooks/webhook-world.ts';
import { until } from '../../../support/kit/kit.ts';

const HOUR_MS = 3_600_000;
/** Longer than a look at a webhook takes on a machine that is busy. */
const BACKOFF_MS = 2_000;
/** So many backoffs until it is tried again, and not an hour. */
const SOON_MS = 7 * BACKOFF_MS;

describe('webhooks, when the clock of the machine jumps by an hour', () => {
  for (const [direction, jumpMs] of [
    ['back', -HOUR_MS],
    ['forward', HOUR_MS],
  ] as const) {
    it(`${direction}, do not wait longer than the backoff`, async () => {
      await using world = await start(BACKOFF_MS);
      await using receiver = await Receiver.start(first(1, withStatus(500)));
      const { id } = await world.create(receiver.url);
      const [seq] = await world.append(1);
      await world.becomes(id, { attempts: 1 });
      world.clockOffsetMs = jumpMs;
      await until('it was tried again', () => receiver.received.length === 2, SOON_MS);
      assert.deepEqual(receiver.seqs, [seq, seq]);
    });

    it(`${direction}, while they were down, go on soon after the start`, async () => {
      await using world = await start(BACKOFF_MS);
      await using receiver = await Receiver.start(first(1, withStatus(500)));
      const { id } = await world.create(receiver.url);
      const [seq] = await world.append(1);
      await world.becomes(id, { attempts: 1 });
      await world.restart(0, () => {
        world.clockOffsetMs = jumpMs;
      });
      await until('it was tried again', () => receiver.received.length === 2, SOON_MS);
      assert.deepEqual(receiver.seqs, [seq, seq]);
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
    // A second and a half of events for the other one, at each of which this one could look as well.
    const end = performance.now() + 1_500;
    for (let count = 1; performance.now() < end; count += 1) {
      await world.append(1);
      await good.has(count);
    }
    assert.equal(failing.received.length, 1);
  });
});

async function start(retryMs: number): Promise<WebhookWorld> {
  return WebhookWorld.start(await freshSqlite(), { retryMs });
}
