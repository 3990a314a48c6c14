import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { gzipSync } from 'node:zlib';
import { generate } from 'selfsigned';
import {
  type Fetched,
  type FetchOptions,
  fetchPublic,
} from '../../../../services/api/outbound/fetch-public.ts';
import { resolversFor } from '../../../../services/api/outbound/purposes.ts';
import { closeServer, listen } from '../../../../services/runtime/http/listen.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import { codeOf } from '../../../support/api/store/rows.ts';

/** A server of files on this machine, which may be called. */
class FileServer implements AsyncDisposable {
  readonly asked: string[] = [];
  readonly #server;
  origin = '';

  private constructor(answer: RequestListener) {
    this.#server = createServer((request, response) => {
      this.asked.push(`${request.method} ${request.url}`);
      answer(request, response);
    });
  }

  static async start(answer: RequestListener): Promise<FileServer> {
    const server = new FileServer(answer);
    server.origin = `http://127.0.0.1:${await listen(server.#server, 0, '127.0.0.1')}`;
    return server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closeServer(this.#server, 0);
  }
}

const { resolve: resolveMedia } = resolversFor(createLog('api', 'silent')).media;
const DEFAULTS: FetchOptions = {
  maxBytes: 1_000,
  timeoutMs: 60_000,
  allowNetworks: ['127.0.0.1/32'],
  resolve: resolveMedia,
};

function get(url: string, options: Partial<FetchOptions> = {}): Promise<Fetched> {
  return fetchPublic(url, { ...DEFAULTS, ...options });
}

describe('a medium from a URL', () => {
  it('is fetched with its type, as one GET that tells nothing of the kit but its name', async () => {
    let headers = {};
    await using server = await FileServer.start((request, response) => {
      headers = request.headers;
      response.setHeader('content-type', 'Image/PNG; charset=x').end('picture');
    });
    const { status, type, bytes, url } = await get(`${server.origin}/a.png?x=1`);
    assert.deepEqual([status, type, bytes.toString(), url.pathname], [200, 'image/png', 'picture', '/a.png']);
    assert.deepEqual(server.asked, ['GET /a.png?x=1']);
    assert.deepEqual(headers, {
      accept: '*/*',
      'accept-encoding': 'identity',
      connection: 'close',
      host: server.origin.slice('http://'.length),
      'user-agent': 'Gatehouse',
    });
  });

  it('is found behind redirects, of which there may not be too many', async () => {
    await using server = await FileServer.start(({ url = '' }, response) => {
      const left = Number(url.slice(1));
      if (left === 0) response.end('there');
      else response.writeHead(302, { location: `/${left - 1}` }).end('elsewhere');
    });
    assert.equal((await get(`${server.origin}/5`)).bytes.toString(), 'there');
    assert.equal(await codeOf(get(`${server.origin}/6`)), 'media_unusable');
    assert.equal(await codeOf(get(`${server.origin}/1`, { redirects: 0 })), 'media_unusable');
  });

  for (const target of [
    'http://169.254.169.254/latest/meta-data/',
    'http://127.0.0.2/',
    'http://[::1]/',
    'http://localhost/',
  ]) {
    it(`is not fetched when the way to it leads to ${target}`, async () => {
      await using server = await FileServer.start((_request, response) =>
        response.writeHead(302, { location: target }).end(),
      );
      const resolve = async () => [{ address: '127.0.0.9', family: 4 }];
      assert.equal(await codeOf(get(server.origin, { resolve })), 'address_refused');
      assert.equal(server.asked.length, 1);
    });
  }

  it('is not fetched from an address that is not public, in whatever notation', async () => {
    await using server = await FileServer.start((_request, response) => response.end('secret'));
    const { port } = new URL(server.origin);
    for (const host of [
      '127.0.0.1',
      '2130706433',
      '0x7f.1',
      '0177.0.0.1',
      '127.1',
      'localhost',
      '[::ffff:7f00:1]',
    ])
      assert.equal(
        await codeOf(get(`http://${host}:${port}/`, { allowNetworks: [] })),
        'address_refused',
        host,
      );
    assert.deepEqual(server.asked, []);
  });

  it('is not fetched from a name with one bad address among good ones', async () => {
    await using server = await FileServer.start((_request, response) => response.end('secret'));
    const { port } = new URL(server.origin);
    const resolve = async () => [
      { address: '127.0.0.1', family: 4 },
      { address: '127.0.0.2', family: 4 },
    ];
    assert.equal(await codeOf(get(`http://file.example:${port}/`, { resolve })), 'address_refused');
    assert.deepEqual(server.asked, []);
  });

  it('is not read beyond the limit, whether the server tells the size or not', async () => {
    await using server = await FileServer.start(({ url }, response) => {
      if (url === '/told') response.setHeader('content-length', 1_001);
      const write = () => {
        while (!response.destroyed && response.write('x'.repeat(100)));
      };
      response.on('drain', write);
      write();
    });
    assert.equal(await codeOf(get(`${server.origin}/told`)), 'media_too_large');
    assert.equal(await codeOf(get(`${server.origin}/endless`)), 'media_too_large');
  });

  it('is not unpacked beyond the limit either', async () => {
    await using server = await FileServer.start((_request, response) =>
      response.setHeader('content-encoding', 'gzip').end(gzipSync(Buffer.alloc(100_000))),
    );
    assert.equal(await codeOf(get(server.origin)), 'media_too_large');
    assert.equal((await get(server.origin, { maxBytes: 100_000 })).bytes.length, 100_000);
  });

  it('must be there in time, redirects and the resolving of names included', async () => {
    await using server = await FileServer.start(({ url }, response) => {
      if (url === '/slow') response.write('it begins');
      // One redirect takes less than the limit, and as many as are followed take longer.
      else setTimeout(() => response.writeHead(302, { location: '/again' }).end(), 80);
    });
    const never = () => new Promise<never>(() => undefined);
    for (const [url, resolve] of [
      [`${server.origin}/slow`, undefined],
      [`${server.origin}/again`, undefined],
      ['http://never.example/', never],
    ] as const) {
      const fetched = get(url, { timeoutMs: 200, ...(resolve === undefined ? {} : { resolve }) });
      await assert.rejects(fetched, { code: 'media_unusable', message: /not through within 200 ms$/ });
    }
  });

  it('is nothing when the server fails, breaks off, or is none', async () => {
    await using server = await FileServer.start(({ url }, response) => {
      if (url === '/404') response.writeHead(404).end('what lies here is not told');
      else if (url === '/304') response.writeHead(304).end();
      else response.writeHead(200, { 'content-length': 10 }).write('x', () => response.destroy());
    });
    for (const path of ['/404', '/304', '/cut'])
      assert.equal(await codeOf(get(server.origin + path)), 'media_unusable', path);
    await assert.rejects(get(`${server.origin}/404`), { message: /answers with status 404$/ });
    await assert.rejects(get(`${server.origin.replace('http', 'https')}/`), { message: /TLS/ });
    await assert.rejects(get('http://127.0.0.1:1/'), { message: '127.0.0.1:1 refused the connection' });
  });

  it('has a URL of http or https without a user name or password', async () => {
    for (const url of [
      'file:///etc/passwd',
      'ftp://a.example/',
      'data:,x',
      'a.png',
      '',
      'http://u:p@a.example/',
      'http://unix:/var/run/docker.sock:/info',
      'http://%75nix/a.png',
      'unix:/var/run/docker.sock',
    ])
      assert.equal(await codeOf(get(url)), 'media_unusable', url);
    await using server = await FileServer.start((_request, response) =>
      response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
    );
    assert.equal(await codeOf(get(server.origin)), 'media_unusable');
    await using other = await FileServer.start((_request, response) =>
      response.writeHead(302, { location: 'http://unix:/var/run/docker.sock:/info' }).end(),
    );
    assert.equal(await codeOf(get(other.origin)), 'media_unusable');
  });

  it('comes over TLS only from who is known as that host, and by the same rules', async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'files.example' }]);
    let connections = 0;
    const server = createTlsServer({ key, cert }, (_request, response) => response.end('secret'));
    server.on('connection', () => {
      connections += 1;
    });
    const port = await listen(server, 0, '127.0.0.1');
    const url = `https://files.example:${port}/`;
    const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
    assert.equal(await codeOf(get(url, { resolve, allowNetworks: [] })), 'address_refused');
    assert.equal(await codeOf(get(`https://127.0.0.1:${port}/`, { allowNetworks: [] })), 'address_refused');
    assert.equal(connections, 0);
    await assert.rejects(get(url, { resolve }), {
      code: 'media_unusable',
      message: `files.example:${port} has a certificate that nobody vouches for`,
    });
    assert.equal(connections, 1);
    await closeServer(server, 0);
  });

  it('is not fetched on when nobody waits for it any more', async () => {
    const given = new AbortController();
    const cut = Promise.withResolvers<void>();
    await using server = await FileServer.start((_request, response) => {
      response.once('close', cut.resolve);
      given.abort();
    });
    // Its own limit is longer than that of the test.
    const fetched = get(server.origin, { signal: given.signal, timeoutMs: 600_000 });
    assert.equal(await codeOf(fetched), 'media_unusable');
    await cut.promise;
  });
});
