import assert from 'node:assert/strict';
import { EVENT_TYPES } from '../../../../services/contract/events.ts';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { Receiver } from '../../../support/api/webhooks/receiver.ts';
import { WebhookWorld } from '../../../support/api/webhooks/webhook-world.ts';

const URL_OF_SOMEBODY = 'https://hooks.example/in?token=x';

forEachDatabase(({ name, fresh }) => {
  describe(`/api/webhooks on ${name}`, () => {
    it('creates, shows, lists, changes and deletes a webhook', async () => {
      await using world = await WebhookWorld.start(await fresh());
      const created = await world.call('post', '', 201, { url: URL_OF_SOMEBODY, types: ['ack', 'message'] });
      const { id, secret, created_at } = created.body;
      assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
      assert.equal(created.headers.location, `/api/webhooks/${id}`);
      const webhook = {
        id,
        url: URL_OF_SOMEBODY,
        types: ['message', 'ack'],
        status: 'active',
        reason: null,
        created_at,
        cursor: 0,
        lag: 0,
        attempts: 0,
        first_tried_at: null,
        next_try_at: null,
        last_error: null,
        last_delivered_at: null,
        dead_letters: 0,
        lost: 0,
        last_lost_at: null,
      };
      assert.deepEqual(created.body, { ...webhook, secret });
      assert.deepEqual((await world.call('get', `/${id}`, 200)).body, webhook);
      assert.deepEqual((await world.call('get', '', 200)).body, { webhooks: [webhook] });
      const change = { url: 'http://other.example/', types: [...EVENT_TYPES], status: 'paused' };
      const { body: changed } = await world.call('patch', `/${id}`, 200, change);
      assert.deepEqual(changed, { ...webhook, url: change.url, types: null, status: 'paused' });
      await world.call('delete', `/${id}`, 204);
      await world.call('delete', `/${id}`, 404);
      assert.deepEqual((await world.call('get', '', 200)).body, { webhooks: [] });
    });

    it('refuses more than WEBHOOKS_MOST', async () => {
      await using world = await WebhookWorld.start(await fresh(), { most: 2 });
      const { id } = await world.create(URL_OF_SOMEBODY);
      await world.create(URL_OF_SOMEBODY);
      const { body } = await world.call('post', '', 409, { url: URL_OF_SOMEBODY });
      assert.equal(body.code, 'webhook_limit');
      await world.call('delete', `/${id}`, 204);
      await world.create(URL_OF_SOMEBODY);
    });

    it('counts the events of its types that wait for a webhook', async () => {
      await using world = await WebhookWorld.start(await fresh());
      const { id } = await world.create(URL_OF_SOMEBODY, { types: ['state', 'message'] });
      await world.call('patch', `/${id}`, 200, { status: 'paused' });
      await world.append(3, 'state');
      await world.append(4, 'call');
      await world.append(1, 'message');
      assert.equal((await world.get(id)).lag, 4);
    });

    it('keeps every secret of rotations that come at once', async () => {
      await using world = await WebhookWorld.start(await fresh());
      await using receiver = await Receiver.start();
      const { id } = await world.create(receiver.url);
      await Promise.all([1, 2].map(() => world.call('post', `/${id}/rotate-secret`, 200)));
      await world.append(1);
      await receiver.has(1);
      const signatures = String(receiver.received[0]?.headers['webhook-signature']).split(' ');
      assert.equal(new Set(signatures).size, 3);
    });
  });
});
