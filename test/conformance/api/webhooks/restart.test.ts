import assert from 'node:assert/strict';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { first, Receiver, withStatus } from '../../../support/api/webhooks/receiver.ts';
import { WebhookWorld } from '../../../support/api/webhooks/webhook-world.ts';

forEachDatabase(({ name, fresh }) => {
  describe(`webhooks on ${name}, when the api ends`, () => {
    it('finish the delivery under way, note it, and repeat nothing after a stop in order', async () => {
      await using world = await WebhookWorld.start(await fresh(), { timeoutMs: 10_000 });
      await using receiver = await Receiver.start((_event, response, n) => {
        if (n === 3) setTimeout(() => response.end(), 300);
        else response.end();
      });
      await world.create(receiver.url);
      const seqs = await world.append(5);
      await receiver.has(3);
      await world.restart(5_000);
      await receiver.has(5);
      assert.deepEqual(receiver.seqs, seqs);
    });

    it('cut a delivery that outlasts the grace, and repeat it', async () => {
      await using world = await WebhookWorld.start(await fresh(), { timeoutMs: 600_000 });
      await using receiver = await Receiver.start(first(1, () => undefined));
      const { id } = await world.create(receiver.url);
      const [seq] = await world.append(1);
      await receiver.has(1);
      await world.restart(100); // The call alone would take 10 min, more than any limit of a test.
      await receiver.has(2);
      assert.deepEqual(receiver.seqs, [seq, seq]);
      await world.becomes(id, { lag: 0, last_error: null });
    });

    it('remember across a restart how often and since when an event has failed', async () => {
      await using world = await WebhookWorld.start(await fresh(), { retryMs: 60_000 });
      await using receiver = await Receiver.start(withStatus(500));
      const { id } = await world.create(receiver.url);
      await world.append(1);
      await world.becomes(id, { attempts: 1 });
      const before = await world.get(id);
      await world.restart();
      assert.deepEqual(await world.get(id), before);
      // Another one has had its turn since, so this one has as well.
      await using other = await Receiver.start();
      await world.create(other.url, { after: 0 });
      await other.has(1);
      assert.equal(receiver.received.length, 1);
    });
  });
});
