import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { LIMITS } from '../../../../operate/smoke/check-context.ts';
import { checkInternalPorts } from '../../../../operate/smoke/checks/internals.ts';
import { checkRedirect } from '../../../../operate/smoke/checks/redirect.ts';
import { parseTarget, UrlError } from '../../../../operate/smoke/target.ts';
import {
  HEALTH,
  json,
  KEY,
  startDeployment,
  startServer,
} from '../../../support/operate/smoke/deployments.ts';
import { assertFailed, named, rowOf, smokeNearby } from '../../../support/operate/smoke/row.ts';

const signal = new AbortController().signal;

describe('smoke test, of something that is not the kit or goes round its gate', () => {
  it('finds paths that lead inside, and what repairs hostile requests', async () => {
    // As a proxy that goes by the path alone, whatever its spelling, its Host and its method.
    await using lenient = await startServer((request, response) => {
      const path = decodeURIComponent(new URL(request.url ?? '', 'http://h').pathname);
      if (path === '/health/live') json(200, { status: 'ok' })(request, response);
      else if (path === '/health') json(200, HEALTH)(request, response);
      else if (path.startsWith('/api')) json(401, { code: 'key_missing' })(request, response);
      else if (path === '/internal/events') json(403, { code: 'secret_missing' })(request, response);
      else if (path.includes('internal/ready')) json(200, { status: 'ok' })(request, response);
      else json(404, {})(request, response);
    });
    const report = await smokeNearby(lenient.origin);
    assertFailed(report, 'refusals', 'internal-paths');
    assert.match(rowOf(report, 'refusals').evidence, /two Hosts: 200; a foreign authority: 200/);
    assert.match(
      rowOf(report, 'internal-paths').evidence,
      /\/internal\/ready 200.*\/internal\/events 403 secret_missing/,
    );
  });

  it('finds a kit that a hostile request ends', async () => {
    const fragile = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.on('data', (bytes) => {
        const text = bytes.toString('latin1');
        if (text.startsWith('TRACE')) {
          fragile.close();
          socket.destroy();
        } else {
          const body = /^GET \/health\/live(?:\?\S*)? HTTP\/1\.1/.test(text)
            ? '{"status":"ok"}'
            : '{"code":"x"}';
          const status = body === '{"status":"ok"}' && !/evil|smoke: x|Host :|Length/.test(text) ? 200 : 400;
          socket.end(
            `HTTP/1.1 ${status} X\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
          );
        }
      });
    });
    await new Promise<void>((resolve) => fragile.listen(0, '127.0.0.1', resolve));
    const address = fragile.address();
    const report = await smokeNearby(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`);
    assert.ok(named(report, 'failed').includes('still-answers'));
    assert.match(rowOf(report, 'still-answers').evidence, /ECONNREFUSED/);
  });

  it('tells that nothing listens, and looks at nothing else', async () => {
    const gone = await startServer(json(200, {}));
    await gone[Symbol.asyncDispose]();
    const report = await smokeNearby(gone.origin);
    assertFailed(report, 'answers');
    assert.match(rowOf(report, 'answers').cause ?? '', /nothing listens at that port/);
    assert.equal(named(report, 'skipped').length, report.rows.length - 1);
  });

  it('tells of a name that does not exist', async () => {
    const report = await smokeNearby('http://no-such-host.invalid');
    assertFailed(report, 'answers');
    assert.match(rowOf(report, 'answers').cause ?? '', /not known to DNS here/);
  });

  it('gives up on a server that never answers, never ends its headers, or drips its body', async () => {
    const servers = [
      () => undefined,
      (socket: { write(text: string): void }) => socket.write('HTTP/1.1 200 OK\r\nx: '),
      (socket: { write(text: string): void }) =>
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"status":"ok"'),
    ].map((onConnection) =>
      createServer((socket) => {
        socket.on('error', () => socket.destroy());
        onConnection(socket);
      }),
    );
    await Promise.all(
      servers.map(async (server) => {
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        const address = server.address();
        const report = await smokeNearby(
          `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
          { limits: { answerMs: 200 } },
        );
        assertFailed(report, 'answers');
        assert.match(rowOf(report, 'answers').evidence, /no whole answer to GET .* within 200 ms/);
        server.close();
      }),
    );
  });

  it('ends in time where everything after the first answer hangs', async () => {
    const long = { answerMs: 600_000, firstByteMs: 600_000, arrivesMs: 600_000 };
    using deadlines = new Deadlines();
    let isFirst = true;
    await using hanging = await startServer((request, response) => {
      if (isFirst) json(200, { status: 'ok' })(request, response);
      // Time passes once the checks have begun to wait.
      else deadlines.pass();
      isFirst = false;
    });
    const report = await smokeNearby(hanging.origin, {
      apiKey: KEY,
      withinMs: 1_000,
      limits: { ...long, lastMs: 100 },
    });
    // The time for all but the last check, and that for the last one.
    assert.deepEqual(deadlines.given, [900, 100]);
    for (const name of ['latency', 'health', 'keys', 'still-answers'] as const)
      assert.match(rowOf(report, name).evidence, /longer than there was time for all/, name);
  });

  it('reads no more of a body than it needs, were it 100 MB', async () => {
    let sent = 0;
    await using flood = await startServer((_request, response) => {
      const piece = Buffer.alloc(64 * 1024, 'x');
      response.writeHead(200);
      const pour = () => {
        while (sent < 100_000_000 && !response.destroyed) {
          sent += piece.length;
          if (!response.write(piece)) return void response.once('drain', pour);
        }
      };
      pour();
    });
    const report = await smokeNearby(flood.origin);
    assertFailed(report, 'answers');
    assert.match(rowOf(report, 'answers').evidence, /more than 262144 bytes/);
    assert.ok(sent < 20_000_000, `${sent} bytes were taken`);
  });

  it('shows nothing that a terminal would obey', async () => {
    const hostile = '\u001b[2J\u001b]0;owned\u0007\u009b31m\u202Eevil\r\nfake row passed \u2028';
    await using evil = await startDeployment({
      live: { release: hostile },
      paths: { '/health': json(500, { code: hostile, body: hostile }) },
    });
    const report = await smokeNearby(evil.origin, { expectRelease: '1' });
    const texts = report.rows.flatMap(({ evidence, cause = '', remedy = '' }) => [evidence, cause, remedy]);
    for (const told of texts) assert.doesNotMatch(told, /[\p{Cc}\p{Cf}\u2028\u2029]/u);
    assert.match(rowOf(report, 'release').evidence, /owned/);
  });
});

describe('smoke test, of redirects', () => {
  const redirects: readonly (readonly [what: string, location: (url: string) => string, cause: RegExp])[] = [
    ['a circle', (url) => url, /round in a circle/],
    ['a lost path', () => '/', /loses the path or the query/],
    ['a lost query', () => '/health/live', /loses the path or the query/],
    ['another host', (url) => `https://evil.example${url}`, /another host, to which no key is sent/],
    ['no URL', () => 'https://[', /leads nowhere/],
    ['another scheme', (url) => `ftp://127.0.0.1${url}`, /another host|leads nowhere|loses/],
  ];
  for (const [what, location, cause] of redirects) {
    it(`finds ${what}`, async () => {
      await using server = await startServer((request, response) => {
        response.writeHead(301, { location: location(request.url ?? '') }).end();
      });
      const report = await smokeNearby(server.origin, { apiKey: KEY });
      assertFailed(report, 'redirect');
      assert.match(rowOf(report, 'redirect').cause ?? '', cause);
    });
  }

  it('follows one to the same host, and asks the rest there', async () => {
    await using good = await startDeployment();
    await using front = await startServer((request, response) => {
      response.writeHead(308, { location: `${good.origin}${request.url}` }).end();
    });
    const report = await smokeNearby(front.origin, { apiKey: KEY });
    assertFailed(report);
    assert.equal(report.url, good.origin);
    assert.match(rowOf(report, 'redirect').evidence, /^http:\S+ → http:\S+, path and query kept/);
  });
});

describe('smoke test, of another machine', () => {
  const elsewhere = { ...parseTarget('http://127.83.0.1:8080'), isHere: false };
  const context = { target: elsewhere, apiKey: undefined, signal, limits: LIMITS };

  it('finds a port behind the gate that takes connections, and none where none does', async () => {
    assert.equal((await checkInternalPorts(context)).state, 'passed');
    const open = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => open.listen(8003, '127.83.0.1', resolve));
    const row = await checkInternalPorts(context);
    open.close();
    assert.equal(row.state, 'failed');
    assert.match(row.evidence, /takes connections at 8003$/);
  });

  it('warns that keys travel in the clear', async () => {
    const row = await checkRedirect(context);
    assert.equal(row?.state, 'warned');
    assert.match(row?.evidence ?? '', /is plain http$/);
  });
});

describe('smoke test, of what is no URL', () => {
  for (const url of [
    'localhost:8001',
    'app.example.com',
    'ftp://h',
    'http://',
    'https://u:p@h',
    'http://h/api',
    'http://h?x',
    '',
  ])
    it(`refuses ${JSON.stringify(url)}`, () => assert.rejects(smokeNearby(url), UrlError));
});

/** Stands in for `AbortSignal.timeout`: the time of each signal passes when the test says so. */
class Deadlines implements Disposable {
  readonly given: number[] = [];
  readonly #original = AbortSignal.timeout;
  readonly #controllers: AbortController[] = [];

  constructor() {
    Reflect.set(AbortSignal, 'timeout', (ms: number) => {
      const controller = new AbortController();
      this.given.push(ms);
      this.#controllers.push(controller);
      return controller.signal;
    });
  }

  /** Ends the time that was given last. */
  pass(): void {
    this.#controllers.at(-1)?.abort(new DOMException('the time is up', 'TimeoutError'));
  }

  [Symbol.dispose](): void {
    AbortSignal.timeout = this.#original;
  }
}
