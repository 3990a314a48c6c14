import assert from 'node:assert/strict';
import request from 'supertest';
import { freshSqlite } from '../../../support/api/databases.ts';
import { Receiver } from '../../../support/api/webhooks/receiver.ts';
import { WebhookWorld } from '../../../support/api/webhooks/webhook-world.ts';
import { answerJson, fromGate, startWorld } from '../../../support/api/world.ts';

const URL_OF_SOMEBODY = 'https://hooks.example/in?token=x';

describe('/api/webhooks, of what it is asked', () => {
  const short = `whsec_${Buffer.alloc(23).toString('base64')}`;
  const long = `whsec_${Buffer.alloc(65).toString('base64')}`;
  for (const [body, field] of [
    [{}, 'url'],
    [{ url: 5 }, 'url'],
    [{ url: 'hooks.example/in' }, 'url'],
    [{ url: '/in' }, 'url'],
    [{ url: 'ftp://hooks.example/' }, 'url'],
    [{ url: 'http://unix:/var/run/docker.sock:/info' }, 'url'],
    [{ url: 'http://unix/in' }, 'url'],
    [{ url: 'http://UNIX.:80/in' }, 'url'],
    [{ url: 'unix:///var/run/docker.sock' }, 'url'],
    [{ url: 'https://user:password@hooks.example/' }, 'url'],
    [{ url: `https://hooks.example/${'x'.repeat(2_048)}` }, 'url'],
    [{ url: URL_OF_SOMEBODY, types: [] }, 'types'],
    [{ url: URL_OF_SOMEBODY, types: 'message' }, 'types'],
    [{ url: URL_OF_SOMEBODY, types: ['message', 'massage'] }, 'types.1'],
    [{ url: URL_OF_SOMEBODY, secret: 'secret' }, 'secret'],
    [{ url: URL_OF_SOMEBODY, secret: short }, 'secret'],
    [{ url: URL_OF_SOMEBODY, secret: long }, 'secret'],
    [{ url: URL_OF_SOMEBODY, secret: `whsec_${'*'.repeat(40)}` }, 'secret'],
    [{ url: URL_OF_SOMEBODY, after: -1 }, 'after'],
    [{ url: URL_OF_SOMEBODY, after: 1 }, 'after'],
    [{ url: URL_OF_SOMEBODY, status: 'paused' }, 'status'],
  ] as const) {
    it(`refuses ${JSON.stringify(body).slice(0, 90)}, and names ${field}`, async () => {
      await using world = await WebhookWorld.start(await freshSqlite());
      const { body: problem } = await world.call('post', '', 400, body);
      assert.deepEqual([problem.code, problem.errors[0].field], ['body_invalid', field]);
      assert.deepEqual((await world.call('get', '', 200)).body, { webhooks: [] });
    });
  }

  for (const url of [
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://017700000001/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::1]:8080/',
    'https://10.1.2.3/',
    'http://169.254.169.254/latest/meta-data/',
    'http://0.0.0.0/',
  ]) {
    it(`refuses ${url} as no public address`, async () => {
      await using world = await WebhookWorld.start(await freshSqlite(), { allowNetworks: [] });
      const { body } = await world.call('post', '', 422, { url });
      assert.equal(body.code, 'address_refused');
      const { id } = await world.create(URL_OF_SOMEBODY);
      await world.call('patch', `/${id}`, 422, { url });
    });
  }

  it('refuses changes that are none', async () => {
    await using world = await WebhookWorld.start(await freshSqlite());
    const { id } = await world.create(URL_OF_SOMEBODY);
    for (const change of [{ status: 'disabled' }, { secret: 'x' }, { types: ['x'] }, { url: 'x' }])
      await world.call('patch', `/${id}`, 400, change);
    await world.call('post', `/${id}/rotate-secret`, 400, { secret: 'x' });
    await world.call('patch', '/wh_unknown', 404, { status: 'paused' });
    await world.call('post', '/wh_unknown/rotate-secret', 404);
  });

  it('is part of the api: what the bridge posts is delivered', async () => {
    await using world = await startWorld(answerJson(200, {}));
    await using receiver = await Receiver.start();
    const { body } = await request(world.origin)
      .post('/api/webhooks')
      .set(fromGate)
      .send({ url: receiver.url });
    const call = { call_id: '1', from: '1@c.us', is_video: false, is_group: false };
    const event = {
      session: 'default',
      key: 'call/1',
      at: '2026-01-01T00:00:00.000Z',
      kind: 'call',
      data: call,
    };
    await request(world.origin)
      .post('/internal/events')
      .set(fromGate)
      .send({ events: [event] })
      .expect(200);
    await receiver.has(1);
    assert.partialDeepStrictEqual(receiver.received[0]?.data, { session: 'default', ...call });
    await request(world.origin).get(`/api/webhooks/${body.id}`).expect(403);
    await request(world.origin).get(`/api/webhooks/${body.id}`).set(fromGate).expect(200);
  });
});
