import assert from 'node:assert/strict';
import { freshSqlite } from '../../../support/api/databases.ts';
import { isSignedBy, Receiver, withStatus } from '../../../support/api/webhooks/receiver.ts';
import { WebhookWorld } from '../../../support/api/webhooks/webhook-world.ts';

const startWorld = async () => WebhookWorld.start(await freshSqlite());
const OTHER = `whsec_${Buffer.alloc(24, 'x').toString('base64')}`;
const DAY_MS = 86_400_000;

describe('webhooks, as Standard Webhooks has them', () => {
  it('are signed with the secret that was shown once', async () => {
    await using world = await startWorld();
    await using receiver = await Receiver.start();
    const { secret } = await world.create(receiver.url);
    const [seq] = await world.append(1, 'message');
    await receiver.has(1);
    const [event] = receiver.received;
    assert.ok(event !== undefined && isSignedBy(secret, event));
    assert.ok(!isSignedBy(OTHER, event));
    assert.ok(!isSignedBy(secret, { ...event, text: event.text.replace('chat', 'chut') }));
    assert.match(event.id, new RegExp(`^evt_default_${seq}_`));
    assert.equal(event.headers['content-type'], 'application/json');
    assert.equal(event.headers['user-agent'], 'Gatehouse');
  });

  it('carry the type, the moment and the data of the event, emoji and right-to-left text included', async () => {
    await using world = await startWorld();
    await using receiver = await Receiver.start();
    await world.create(receiver.url);
    const [seq] = await world.append(1, 'message');
    await receiver.has(1);
    const body = JSON.parse(receiver.received[0]?.text ?? '');
    assert.deepEqual(Object.keys(body), ['type', 'timestamp', 'data']);
    assert.equal(body.type, 'message');
    assert.equal(body.timestamp, '2026-01-02T03:04:05.678Z');
    assert.partialDeepStrictEqual(body.data, {
      seq,
      session: 'default',
      whatsapp_id: 'false_15551234567@c.us_0-0',
      body: 'שלום 👋',
      chat_id: '15551234567@c.us',
    });
  });

  it('are signed with both secrets for a day after a rotation, then with the new one alone', async () => {
    await using world = await startWorld();
    await using receiver = await Receiver.start();
    const { id, secret } = await world.create(receiver.url);
    const { body } = await world.call('post', `/${id}/rotate-secret`, 200);
    const overlapMs = Date.parse(body.old_secret_until) - Date.now();
    assert.ok(overlapMs > DAY_MS - 60_000 && overlapMs <= DAY_MS);
    await world.append(1);
    await receiver.has(1);
    const [during] = receiver.received;
    assert.ok(during !== undefined);
    assert.deepEqual(
      [secret, body.secret, OTHER].map((one) => isSignedBy(one, during)),
      [true, true, false],
    );
    world.clockOffsetMs = DAY_MS + 1_000;
    await world.append(1);
    await receiver.has(2);
    const after = receiver.received[1];
    assert.equal(String(after?.headers['webhook-signature']).split(' ').length, 1);
    const now = String(Math.floor(Date.now() / 1_000));
    assert.notEqual(after?.headers['webhook-timestamp'], now, 'it carries the clock of the kit');
  });

  it('take a secret of their owner, at first and at a rotation', async () => {
    await using world = await startWorld();
    await using receiver = await Receiver.start();
    const { id, secret } = await world.create(receiver.url, { secret: OTHER });
    assert.equal(secret, OTHER);
    const third = `whsec_${Buffer.alloc(64, 'y').toString('base64')}`;
    const { body } = await world.call('post', `/${id}/rotate-secret`, 200, { secret: third });
    assert.equal(body.secret, third);
    await world.append(1);
    await receiver.has(1);
    const [event] = receiver.received;
    assert.ok(event !== undefined && isSignedBy(OTHER, event) && isSignedBy(third, event));
  });

  it('are tried with a signed ping, which tells what the receiver said', async () => {
    await using world = await startWorld();
    await using receiver = await Receiver.start();
    const { id, secret } = await world.create(receiver.url);
    const { body } = await world.call('post', `/${id}/test`, 200);
    assert.deepEqual([body.delivered, body.status, typeof body.ms], [true, 200, 'number']);
    const [ping] = receiver.received;
    assert.ok(ping !== undefined && isSignedBy(secret, ping));
    assert.deepEqual([ping.type, ping.data], ['ping', { webhook_id: id }]);
    receiver.answer = withStatus(410);
    const refused = await world.call('post', `/${id}/test`, 200);
    assert.partialDeepStrictEqual(refused.body, {
      delivered: false,
      status: 410,
      error: `127.0.0.1:${receiver.port} answered with status 410 Gone`,
    });
    await world.becomes(id, { status: 'active', last_error: null });
    await world.call('post', '/wh_unknown/test', 404);
  });

  it('show their secret nowhere else, nor the query of their URL in the log', async () => {
    await using world = await startWorld();
    await using receiver = await Receiver.start(withStatus(500));
    const { id, secret } = await world.create(receiver.url);
    const rotated = await world.call('post', `/${id}/rotate-secret`, 200);
    await world.append(1);
    await receiver.has(3);
    receiver.answer = withStatus(410);
    await world.becomes(id, { status: 'disabled' });
    const shown = [
      await world.call('get', '', 200),
      await world.call('get', `/${id}`, 200),
      await world.call('patch', `/${id}`, 200, { status: 'paused' }),
      await world.call('post', `/${id}/test`, 200),
    ].map(({ text }) => text);
    for (const one of [secret, String(rotated.body.secret)]) {
      const bare = one.slice('whsec_'.length);
      for (const text of [...shown, ...world.logged]) assert.ok(!text.includes(bare), text);
    }
    assert.ok(world.logged.length > 1);
    for (const line of world.logged) assert.ok(!line.includes('hidden') && !line.includes('/hook'), line);
    assert.equal(rotated.headers['cache-control'], 'no-store');
  });
});
