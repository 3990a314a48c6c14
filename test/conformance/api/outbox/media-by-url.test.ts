import assert from 'node:assert/strict';
import { createServer, request as httpRequest, type RequestListener } from 'node:http';
import { closeServer, listen } from '../../../../services/runtime/http/listen.ts';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { ANN, SendWorld } from '../../../support/api/outbox/send-world.ts';
import { type ApiSettings, DEFAULTS, fromGate } from '../../../support/api/world.ts';
import { until } from '../../../support/until.ts';

const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
const NOTHING = { messages: 0, media: 0, keys: 0 };
const small: ApiSettings = {
  outbox: {
    ...DEFAULTS.outbox,
    mediaMaxBytes: 1_000,
    mediaTypes: ['image/*', 'audio/ogg', 'application/pdf'],
  },
};

/** A server of files, on this machine, which the api may call in tests. */
async function fileServer(listener: RequestListener): Promise<AsyncDisposable & { url: string }> {
  const server = createServer(listener);
  const port = await listen(server, 0, '127.0.0.1');
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => closeServer(server, 0),
  };
}

forEachDatabase((database) => {
  const start = async (settings = small) => SendWorld.start(await database.fresh(), settings);
  const media = (world: SendWorld) =>
    world.store.read((db) => db.selectFrom('media').selectAll().orderBy('created_at').execute());

  describe(`api on ${database.name}, given the URL of a file`, () => {
    const send = (world: SendWorld, url: string, headers = {}) =>
      world.sendAsync({ chat_id: ANN, media: { url } }, headers);

    it('fetches it before it accepts the message, with the type that the server says', async () => {
      await using files = await fileServer((_request, response) => {
        response.writeHead(200, { 'content-type': 'image/png; charset=binary' }).end(PNG);
      });
      await using world = await start();
      assert.equal((await send(world, `${files.url}/pictures/caf%C3%A9.png?size=1`)).status, 202);
      const [row] = await media(world);
      assert.deepEqual([row?.data, row?.mimetype, row?.filename], [PNG, 'image/png', 'café.png']);
    });

    it('follows three redirects and no more', async () => {
      await using files = await fileServer((asked, response) => {
        const left = Number(asked.url?.slice(1));
        if (left > 0) response.writeHead(302, { location: `/${left - 1}` }).end();
        else response.writeHead(200, { 'content-type': 'image/png' }).end(PNG);
      });
      await using world = await start();
      assert.equal((await send(world, `${files.url}/3`)).status, 202);
      assert.equal((await send(world, `${files.url}/4`)).body.code, 'media_unusable');
    });

    it('says what is wrong with it, and keeps nothing', async () => {
      await using files = await fileServer((asked, response) => {
        const type = { 'content-type': 'image/png' };
        if (asked.url === '/large') response.writeHead(200, type).end(Buffer.alloc(1_001));
        if (asked.url === '/announced') response.writeHead(200, { ...type, 'content-length': 5_000 }).end();
        if (asked.url === '/empty') response.writeHead(200, type).end();
        if (asked.url === '/page') response.writeHead(200, { 'content-type': 'text/html' }).end('<p>');
        if (asked.url === '/untyped') response.writeHead(200).end(PNG);
        if (asked.url === '/gone') response.writeHead(410, type).end(PNG);
        if (asked.url === '/inside')
          response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data' }).end();
        if (asked.url === '/cut')
          response.writeHead(200, { ...type, 'content-length': 50 }).write(PNG, () => response.destroy());
      });
      await using world = await start();
      for (const [path, status, code] of [
        ['/large', 413, 'media_too_large'],
        ['/announced', 413, 'media_too_large'],
        ['/empty', 422, 'media_unusable'],
        ['/page', 422, 'media_unusable'],
        ['/untyped', 422, 'media_unusable'],
        ['/gone', 422, 'media_unusable'],
        ['/inside', 422, 'address_refused'],
        ['/cut', 422, 'media_unusable'],
      ] as const) {
        const answer = await send(world, files.url + path, { 'idempotency-key': 'k' });
        assert.deepEqual(
          [answer.status, answer.body.code, answer.body.errors?.[0]?.field],
          [status, code, 'media.url'],
          path,
        );
      }
      assert.deepEqual(await world.counts(), NOTHING);
    });

    it('says of one that does not end in time that it cannot be used, and keeps nothing', async () => {
      await using files = await fileServer((_request, response) => {
        response.writeHead(200, { 'content-type': 'image/png' }).write(PNG);
      });
      await using world = await start({ outbox: { ...DEFAULTS.outbox, mediaFetchTimeoutMs: 200 } });
      const { status, body } = await send(world, files.url, { 'idempotency-key': 'k' });
      assert.deepEqual([status, body.code, body.errors[0].field], [422, 'media_unusable', 'media.url']);
      assert.match(body.detail, /not through within 200 ms$/);
      assert.deepEqual(await world.counts(), NOTHING);
    });

    it('calls no address of this machine or network unless it is allowed', async () => {
      let calls = 0;
      await using files = await fileServer((_request, response) => {
        calls += 1;
        response.writeHead(200, { 'content-type': 'image/png' }).end(PNG);
      });
      await using world = await start({ webhooks: { ...DEFAULTS.webhooks, allowNetworks: [] } });
      for (const url of [
        files.url,
        files.url.replace('127.0.0.1', 'localhost'),
        files.url.replace('127.0.0.1', '2130706433'),
      ])
        assert.equal((await send(world, url)).body.code, 'address_refused', url);
      assert.equal(calls, 0);
      assert.deepEqual(await world.counts(), NOTHING);
    });

    it('fetches nothing for a request that it has accepted before', async () => {
      let calls = 0;
      await using files = await fileServer((_request, response) => {
        calls += 1;
        if (calls > 1) response.writeHead(404).end();
        else response.writeHead(200, { 'content-type': 'image/png' }).end(PNG);
      });
      await using world = await start();
      const first = await send(world, files.url, { 'idempotency-key': 'k' });
      const again = await send(world, files.url, { 'idempotency-key': 'k' });
      assert.deepEqual([again.status, again.body.id, calls], [202, first.body.id, 1]);
      assert.equal(
        (await send(world, `${files.url}/other`, { 'idempotency-key': 'k' })).body.code,
        'key_reused',
      );
      assert.equal(calls, 1);
    });

    it('accepts nothing for a client that has gone meanwhile, and fetches no more', async () => {
      let isCut = false;
      let asks = 0;
      await using files = await fileServer((asked) => {
        asks += 1;
        asked.once('close', () => {
          isCut = true;
        });
      });
      await using world = await start();
      const asked = httpRequest(`${world.origin}/api/whatsapp/send`, {
        method: 'POST',
        headers: { ...fromGate, 'content-type': 'application/json' },
      });
      asked.on('error', () => undefined); // we break it off
      asked.end(JSON.stringify({ chat_id: ANN, media: { url: files.url } }));
      await until('the file is asked for', () => asks > 0);
      asked.destroy();
      await until('the fetch is cut', () => isCut);
      assert.deepEqual(await world.counts(), NOTHING);
    });
  });
});
