import assert from 'node:assert/strict';
import { type OpenEngine, Store } from '../../../../services/api/store/store.ts';
import { readWebhook } from '../../../../services/api/webhooks/delivery-state.ts';
import type { Webhook } from '../../../../services/api/webhooks/webhook.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { Receiver, withStatus } from '../../../support/api/webhooks/receiver.ts';
import { WebhookWorld } from '../../../support/api/webhooks/webhook-world.ts';
import { AMPLE_MS } from '../../../support/api/world.ts';
import { until } from '../../../support/until.ts';

/** What the row of the webhook says, while no api runs. */
async function rowOf(open: OpenEngine, id: string): Promise<Webhook | undefined> {
  await using store = await Store.open(open, createLog('api', 'silent'));
  return await store.read((db) => readWebhook(db, id));
}

forEachDatabase(({ name, fresh }) => {
  describe(`webhooks on ${name}, when the api ends`, () => {
    it('finish the delivery under way, note it, and repeat nothing after a stop in order', async () => {
      const open = await fresh();
      await using world = await WebhookWorld.start(open);
      let answerThird: () => unknown = () => undefined;
      await using receiver = await Receiver.start((_event, response, n) => {
        if (n === 3) answerThird = () => response.end();
        else response.end();
      });
      const { id } = await world.create(receiver.url);
      const seqs = await world.append(5);
      await receiver.has(3);
      const { events } = world;
      let row: Webhook | undefined;
      const restarted = world.restart(AMPLE_MS, async () => {
        row = await rowOf(open, id);
      });
      await until('the api is ending', () => events.isClosed);
      answerThird();
      await restarted;
      assert.equal(row?.cursor, seqs[2]);
      await receiver.has(5);
      assert.deepEqual(receiver.seqs, seqs);
    });

    it('cut a delivery that outlasts the grace, and repeat it', async () => {
      const open = await fresh();
      // The call itself would take longer than the test may.
      await using world = await WebhookWorld.start(open, { timeoutMs: 600_000 });
      const course: string[] = [];
      await using receiver = await Receiver.start(({ seq }, response, n) => {
        course.push(`asked for ${seq}`);
        if (n === 2) response.once('close', () => course.push('cut'));
        else response.end();
      });
      const { id } = await world.create(receiver.url);
      const [one, two, three] = await world.append(3);
      await receiver.has(2);
      let row: Webhook | undefined;
      await world.restart(100, async () => {
        await until('the receiver has seen the cut', () => course.includes('cut'));
        row = await rowOf(open, id);
      });
      // The cursor has passed the deliveries before it, and the cut is no failure of the receiver.
      assert.deepEqual([row?.cursor, row?.attempts, row?.lastError], [one, 0, undefined]);
      await receiver.has(4);
      const asked = [one, two, two, three].map((seq) => `asked for ${seq}`);
      assert.deepEqual(course, asked.toSpliced(2, 0, 'cut'));
      const [, cut, repeated] = receiver.received;
      assert.deepEqual([repeated?.id, repeated?.text], [cut?.id, cut?.text]);
      await world.becomes(id, { lag: 0, attempts: 0, last_error: null });
    });

    it('remember across a restart how often and since when an event has failed', async () => {
      await using world = await WebhookWorld.start(await fresh(), { retryMs: 600_000 });
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
