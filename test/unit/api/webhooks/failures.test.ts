import assert from 'node:assert/strict';
import { freshSqlite } from '../../../support/api/databases.ts';
import { Receiver, withStatus } from '../../../support/api/webhooks/receiver.ts';
import { WebhookWorld, type WorldOptions } from '../../../support/api/webhooks/webhook-world.ts';
import { AMPLE_MS } from '../../../support/api/world.ts';
import { until } from '../../../support/until.ts';

const HALF_HOUR_MS = 1_800_000;

const startWorld = async (options: WorldOptions = {}) => WebhookWorld.start(await freshSqlite(), options);

describe('webhooks, with a receiver that misbehaves', () => {
  it('give up on one that does not answer in time, and try again', async () => {
    await using world = await startWorld({ timeoutMs: 100 });
    await using receiver = await Receiver.start(() => undefined);
    const { id } = await world.create(receiver.url);
    const seqs = await world.append(1);
    const late = { last_error: `127.0.0.1:${receiver.port} was not through within 100 ms` };
    await world.becomes(id, late);
    world.timeoutMs = AMPLE_MS;
    receiver.answer = (_event, response) => void response.end();
    await world.becomes(id, { last_error: null, lag: 0 });
    assert.ok(receiver.received.length > 1);
    assert.deepEqual(receiver.distinct, seqs);
  });

  it('are not held up by the one of another webhook that hangs', async () => {
    await using world = await startWorld();
    await using hanging = await Receiver.start(() => undefined);
    await using good = await Receiver.start();
    await world.create(hanging.url);
    await world.create(good.url);
    const seqs = await world.append(30);
    await good.has(30);
    assert.deepEqual(good.seqs, seqs);
    assert.equal(hanging.received.length, 1);
  });

  it('do not follow a redirect, and say so', async () => {
    await using world = await startWorld();
    await using target = await Receiver.start();
    await using receiver = await Receiver.start(withStatus(307, { location: target.url }));
    const { id } = await world.create(receiver.url);
    await world.append(1);
    await receiver.has(2);
    const { last_error } = await world.get(id);
    assert.match(last_error, /redirect \(307\), which is not followed/);
    assert.equal(target.connections, 0);
  });

  for (const [what, wish, waitMs] of [
    ['as long as Retry-After says', () => '1800', HALF_HOUR_MS],
    ['for an hour at most, however many seconds are asked', () => '86400', 2 * HALF_HOUR_MS],
    [
      'for an hour at most, whatever date is asked',
      () => new Date(Date.now() + 48 * HALF_HOUR_MS).toUTCString(),
      2 * HALF_HOUR_MS,
    ],
  ] as const)
    it(`wait ${what}`, async () => {
      await using world = await startWorld({ retryMs: 1 });
      await using receiver = await Receiver.start(withStatus(503, { 'retry-after': wish() }));
      await using good = await Receiver.start();
      const { id } = await world.create(receiver.url);
      await world.append(1);
      await world.becomes(id, { attempts: 1 });
      const [from = 0, to] = [receiver.received[0]?.at, Date.now()];
      const nextTryAt = Date.parse((await world.get(id)).next_try_at);
      assert.ok(nextTryAt >= from + waitMs && nextTryAt <= to + waitMs, `at ${nextTryAt}, asked at ${from}`);
      // Many backoffs later, as another webhook shows, and after many looks, it waits yet.
      await world.create(good.url);
      for (let count = 1; count <= 10; count += 1) {
        world.deliverer.changed(id);
        await world.append(1);
        await good.has(count);
      }
      assert.equal(receiver.received.length, 1);
    });

  it('go by the status of an answer that never ends', async () => {
    await using world = await startWorld();
    await using receiver = await Receiver.start((_event, response, n) => {
      if (n === 1) response.write('it goes on');
      else if (n > 2) response.end();
      else while (response.write('x'.repeat(10_000)) && response.writableLength < 10 ** 6);
    });
    const { id } = await world.create(receiver.url);
    const seqs = await world.append(3);
    await receiver.has(3);
    await world.becomes(id, { lag: 0, attempts: 0 });
    assert.deepEqual(receiver.seqs, seqs);
  });

  it('count it as no failure when a kept connection was closed under their hands', async () => {
    await using world = await startWorld({ retryMs: 60_000 });
    await using receiver = await Receiver.start((_event, response, n) => {
      if (n === 2) response.socket?.resetAndDestroy();
      else response.end();
    });
    await world.create(receiver.url);
    const [one, two] = await world.append(2);
    await receiver.has(3);
    assert.deepEqual(receiver.seqs, [one, two, two]);
    assert.equal(receiver.connections, 2);
  });

  it('count it as a failure when a new connection breaks, and repeat nothing at once', async () => {
    await using world = await startWorld({ retryMs: 60_000 });
    await using receiver = await Receiver.start((_event, response) => response.socket?.resetAndDestroy());
    const { id } = await world.create(receiver.url);
    const seqs = await world.append(1);
    await world.becomes(id, { attempts: 1 });
    assert.deepEqual(receiver.seqs, seqs);
  });

  it('begin anew when they are given another URL, and hear the old one no more', async () => {
    await using world = await startWorld({ retryMs: 60_000 });
    await using old = await Receiver.start(withStatus(500));
    await using receiver = await Receiver.start();
    const { id } = await world.create(old.url);
    const seqs = await world.append(2);
    await world.becomes(id, { attempts: 1 });
    await world.call('patch', `/${id}`, 200, { url: receiver.url });
    await receiver.has(2);
    assert.deepEqual([receiver.seqs, old.received.length], [seqs, 1]);
  });

  it('are not disabled by the 410 of a URL that they had before', async () => {
    await using world = await startWorld();
    let answer = () => undefined as undefined | object;
    await using old = await Receiver.start((_event, response) => {
      answer = () => response.writeHead(410).end();
    });
    await using receiver = await Receiver.start();
    const { id } = await world.create(old.url);
    const seqs = await world.append(1);
    await old.has(1);
    await world.call('patch', `/${id}`, 200, { url: receiver.url });
    answer();
    await receiver.has(1);
    assert.deepEqual(receiver.seqs, seqs);
    await world.becomes(id, { status: 'active', lag: 0 });
  });
});

describe('webhooks, at addresses that must not be called', () => {
  for (const address of ['127.0.0.1', '169.254.169.254', '10.0.0.1', '::1', '::ffff:127.0.0.1']) {
    it(`refuse to connect to a name that resolves to ${address}`, async () => {
      const family = address.includes(':') ? 6 : 4;
      await using world = await startWorld({
        allowNetworks: [],
        resolve: async () => [{ address, family }],
      });
      await using receiver = await Receiver.start();
      const { id } = await world.create(receiver.urlOf('hook.example'));
      await world.append(1);
      await world.becomes(id, { last_error: 'hook.example does not lead to a public address' });
      assert.equal(receiver.connections, 0);
    });
  }

  it('refuse the name of this machine, as the system resolves it', async () => {
    await using world = await startWorld({ allowNetworks: [] });
    await using receiver = await Receiver.start();
    const { id } = await world.create(receiver.urlOf('localhost'));
    await world.append(1);
    await world.becomes(id, { last_error: 'localhost does not lead to a public address' });
    assert.equal(receiver.connections, 0);
  });

  it('refuse a name with one bad address among good ones', async () => {
    await using world = await startWorld({
      allowNetworks: ['127.0.0.1/32'],
      resolve: async () => [
        { address: '127.0.0.1', family: 4 },
        { address: '127.0.0.2', family: 4 },
      ],
    });
    await using receiver = await Receiver.start();
    const { id } = await world.create(receiver.urlOf('hook.example'));
    await world.append(1);
    await world.becomes(id, { last_error: 'hook.example does not lead to a public address' });
    assert.equal(receiver.connections, 0);
  });

  it('connect to the very address that was checked, whatever the name means a moment later', async () => {
    const answers = ['127.0.0.1', '127.0.0.2'];
    let asked = 0;
    await using world = await startWorld({
      allowNetworks: ['127.0.0.1/32'],
      resolve: async () => {
        asked += 1;
        return [{ address: answers[asked - 1] ?? '127.0.0.2', family: 4 }];
      },
    });
    // The first delivery: were the name asked for again to connect, it would lead to the other one.
    let askedForFirst = 0;
    await using receiver = await Receiver.start((event, response, n) => {
      askedForFirst = asked;
      withStatus(500, { connection: 'close' })(event, response, n);
    });
    await using rebound = await Receiver.start(undefined, receiver.port, '127.0.0.2');
    const { id } = await world.create(receiver.urlOf('hook.example'));
    await world.append(1);
    await receiver.has(1);
    assert.equal(askedForFirst, 1);
    // The second one, over a new connection: what the name means now is checked, and refused.
    await world.becomes(id, { last_error: 'hook.example does not lead to a public address' });
    await until('it was tried again', () => asked > 3);
    assert.deepEqual([receiver.received.length, rebound.connections], [1, 0]);
  });
});
