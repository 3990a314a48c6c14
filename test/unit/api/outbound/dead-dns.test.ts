import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import request from 'supertest';
import { databaseLookup } from '../../../../services/api/outbound/purposes.ts';
import { openPostgres } from '../../../../services/api/store/postgres.ts';
import { KitError } from '../../../../services/contract/errors.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import { freshSqlite } from '../../../support/api/databases.ts';
import { calls, post } from '../../../support/api/events/news.ts';
import { DnsServer } from '../../../support/api/names/dns-server.ts';
import { Receiver } from '../../../support/api/webhooks/receiver.ts';
import { WebhookWorld } from '../../../support/api/webhooks/webhook-world.ts';
import { AMPLE_MS, answerJson, fromGate, startWorld } from '../../../support/api/world.ts';
import { until } from '../../../support/until.ts';

/** Names below `dead.` are never answered; all others lead to this machine. */
const startDns = () =>
  DnsServer.start((name, family) =>
    name.startsWith('dead') ? 'silence' : family === 4 ? ['127.0.0.1'] : [],
  );

/** More than the four threads of the pool, each for a domain of its own. */
const URLS = 60;

async function startApi(dns: DnsServer) {
  const names = { servers: dns.servers, hostsFile: '/nowhere', resolvConf: '/nowhere', deadlineMs: AMPLE_MS };
  const world = await startWorld(answerJson(200, {}), { names });
  const send = (host: string) =>
    request(world.origin)
      .post('/api/whatsapp/send')
      .set(fromGate)
      .send({ chat_id: '15551234567@c.us', media: { url: `http://${host}/a.png` } });
  return { world, names, send };
}

describe('60 media URLs whose DNS never answers', () => {
  it('hold up neither a webhook nor PostgreSQL by name', async () => {
    await using dns = await startDns();
    const { world, names, send } = await startApi(dns);
    await using receiver = await Receiver.start();
    const dead = Array.from({ length: URLS }, (_, index) =>
      send(`dead.shop${index}.example`).catch(() => undefined),
    );
    await until(
      'DNS is asked for all of them',
      () => dns.asked.filter((each) => each.startsWith('dead')).length >= URLS * 2,
    );
    const hook = await request(world.origin)
      .post('/api/webhooks')
      .set(fromGate)
      .send({ url: receiver.urlOf('hook.example') });
    assert.equal(hook.status, 201);
    await post(world.origin, calls(1));
    await receiver.has(1);

    const database = createServer((socket) => socket.end());
    await once(database.listen(0, '127.0.0.1'), 'listening');
    const address = database.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const connected = once(database, 'connection');
    const opened = openPostgres(`postgres://a@db.example:${port}/a`, 'a', createLog('api', 'silent'), {
      lookup: databaseLookup(names),
    });
    await Promise.all([connected, assert.rejects(opened, /Connection terminated/)]);
    database.close();

    await world[Symbol.asyncDispose]();
    await Promise.all(dead);
  });

  it('are refused beyond a limit for each domain and in all, which readiness shows', async () => {
    await using dns = await startDns();
    const { world, send } = await startApi(dns);
    const busy: request.Response[] = [];
    const hosts = [
      ...Array.from({ length: 12 }, (_, index) => `dead${index}.shop.co.uk`),
      ...Array.from({ length: 12 }, () => 'dead.example'),
      ...Array.from({ length: 60 }, (_, index) => `dead.shop${index}.example`),
    ];
    const sent = hosts.map((host) =>
      send(host)
        .then((answer) => void busy.push(answer))
        .catch(() => undefined),
    );
    // 4 beyond the 8 of one domain; beyond 64 names in all there are 8 + 1 + 60 - 64 more. The same name is one.
    await until('those beyond the limits are refused', () => busy.length >= 4 + 5);
    for (const { status, headers, body } of busy) {
      assert.deepEqual([status, body.code], [503, 'lookups_busy']);
      assert.match(String(headers['retry-after']), /^\d+$/);
    }
    const ready = await request(world.origin).get('/internal/ready');
    assert.deepEqual(ready.body.pressure, [{ resource: 'media_names', used: 64, limit: 64, refused: 9 }]);
    assert.match(world.logged.join(''), /media_names: a request of shop\.co\.uk is refused/);
    await world[Symbol.asyncDispose]();
    await Promise.all(sent);
  });
});

describe('webhooks, while too many names wait for DNS', () => {
  it('fail for the moment, say why, and are tried again', async () => {
    let asked = 0;
    await using world = await WebhookWorld.start(await freshSqlite(), {
      resolve: async (name) => {
        asked += 1;
        if (asked === 1)
          throw new KitError('lookups_busy', `too many host names wait, so ${name} was not asked for`);
        return [{ address: '127.0.0.1', family: 4 }];
      },
    });
    await using receiver = await Receiver.start();
    const { id } = await world.create(receiver.urlOf('hook.example'));
    const seqs = await world.append(1);
    await until('the log says why', () =>
      /webhook fails, and is tried again: too many host names wait, so hook\.example was not asked for/.test(
        world.logged.join(''),
      ),
    );
    await receiver.has(1);
    assert.deepEqual(receiver.seqs, seqs);
    await world.becomes(id, { last_error: null, lag: 0 });
  });
});
