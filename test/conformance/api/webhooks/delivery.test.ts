import assert from 'node:assert/strict';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { first, Receiver, withStatus } from '../../../support/api/webhooks/receiver.ts';
import { WebhookWorld } from '../../../support/api/webhooks/webhook-world.ts';
import { AMPLE_MS } from '../../../support/api/world.ts';
import { freePort } from '../../../support/free-port.ts';

forEachDatabase(({ name, fresh }) => {
  describe(`webhooks on ${name}, delivering`, () => {
    it('post what comes after they were made, in order and one at a time', async () => {
      await using world = await WebhookWorld.start(await fresh());
      let under = 0;
      let most = 0;
      await using receiver = await Receiver.start((_event, response) => {
        under += 1;
        most = Math.max(most, under);
        setImmediate(() => {
          under -= 1;
          response.end();
        });
      });
      await world.append(3);
      const { id } = await world.create(receiver.url);
      const seqs = [...(await world.append(60)), ...(await world.append(5, 'message'))];
      await receiver.has(65);
      assert.deepEqual(receiver.seqs, seqs);
      assert.equal(most, 1);
      assert.equal(receiver.connections, 1);
      await world.becomes(id, {
        cursor: seqs.at(-1),
        lag: 0,
        attempts: 0,
        last_error: null,
        status: 'active',
      });
    });

    it('begin behind the event that they name', async () => {
      await using world = await WebhookWorld.start(await fresh());
      await using receiver = await Receiver.start();
      const seqs = await world.append(3);
      await world.create(receiver.url, { after: seqs[0] });
      await receiver.has(2);
      assert.deepEqual(receiver.seqs, seqs.slice(1));
    });

    it('post the types that are wanted and no others, also once they were changed', async () => {
      await using world = await WebhookWorld.start(await fresh());
      await using receiver = await Receiver.start();
      const { id } = await world.create(receiver.url, { types: ['state', 'ack'] });
      await world.append(2, 'call');
      const states = await world.append(2, 'state');
      const last = await world.append(1, 'message');
      await receiver.has(2);
      await world.becomes(id, { cursor: last[0], lag: 0, types: ['ack', 'state'] });
      await world.call('patch', `/${id}`, 200, { types: null });
      const calls = await world.append(2, 'call');
      await receiver.has(4);
      assert.deepEqual(receiver.seqs, [...states, ...calls]);
    });

    it('try again when the receiver is down, and go on in order when it is up', async () => {
      await using world = await WebhookWorld.start(await fresh());
      const port = await freePort();
      const { id } = await world.create(`http://127.0.0.1:${port}/hook`);
      const seqs = await world.append(5);
      await world.becomes(id, { lag: 5, last_error: `127.0.0.1:${port} refused the connection` });
      await using receiver = await Receiver.start(undefined, port);
      await receiver.has(5);
      assert.deepEqual(receiver.seqs, seqs);
      await world.becomes(id, {
        lag: 0,
        attempts: 0,
        last_error: null,
        first_tried_at: null,
        next_try_at: null,
      });
    });

    it('try again on 500, with the same id and body, before any later event', async () => {
      await using world = await WebhookWorld.start(await fresh());
      await using receiver = await Receiver.start(first(3, withStatus(500)));
      await world.create(receiver.url);
      const [one = 0, two = 0] = await world.append(2);
      await receiver.has(5);
      assert.deepEqual(receiver.seqs, [one, one, one, one, two]);
      const [original, ...others] = receiver.received;
      for (const repeated of others.slice(0, 3))
        assert.deepEqual([repeated.id, repeated.text], [original?.id, original?.text]);
      assert.notEqual(receiver.received[4]?.id, original?.id);
    });

    it('are disabled by 410, and tell why, until they are resumed', async () => {
      await using world = await WebhookWorld.start(await fresh());
      await using receiver = await Receiver.start(first(1, withStatus(410)));
      const { id } = await world.create(receiver.url);
      const seqs = await world.append(2);
      const reason = `127.0.0.1:${receiver.port} answered with status 410 Gone`;
      await world.becomes(id, { status: 'disabled', reason, lag: 2 });
      assert.equal(receiver.received.length, 1);
      await world.call('patch', `/${id}`, 200, { status: 'active' });
      await receiver.has(3);
      assert.deepEqual(receiver.seqs.slice(1), seqs);
      await world.becomes(id, { status: 'active', reason: null, lag: 0 });
    });

    it('post nothing while they are paused, and everything afterwards', async () => {
      await using world = await WebhookWorld.start(await fresh());
      await using receiver = await Receiver.start();
      const { id } = await world.create(receiver.url);
      await world.call('patch', `/${id}`, 200, { status: 'paused' });
      const seqs = await world.append(3);
      await using other = await Receiver.start();
      await world.create(other.url, { after: 0 });
      await other.has(3);
      assert.deepEqual(receiver.seqs, []);
      await world.becomes(id, { status: 'paused', lag: 3 });
      await world.call('patch', `/${id}`, 200, { status: 'active' });
      await receiver.has(3);
      assert.deepEqual(receiver.seqs, seqs);
    });

    it('end with their deletion, also amid a delivery', async () => {
      await using world = await WebhookWorld.start(await fresh());
      let fail: () => void = () => undefined;
      await using receiver = await Receiver.start((...asked) => {
        fail = () => withStatus(500)(...asked);
      });
      const { id } = await world.create(receiver.url);
      await world.append(2);
      await receiver.has(1);
      await world.call('delete', `/${id}`, 204);
      await world.call('get', `/${id}`, 404);
      await using other = await Receiver.start();
      await world.create(other.url, { after: 0 });
      await other.has(2);
      fail();
      await world.close(AMPLE_MS);
      assert.equal(receiver.received.length, 1);
      assert.deepEqual(
        world.logged.filter((line) => line.includes('"level":"error"')),
        [],
      );
    });
  });
});
