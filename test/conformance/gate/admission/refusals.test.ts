import assert from 'node:assert/strict';
import { describeGates } from '../../../support/gate/describe-gates.ts';
import { OF_NGINX, PATHS, VECTORS } from '../../../support/gate/refusal-vectors.ts';
import { shareGate } from '../../../support/gate/share-gate.ts';
import {
  echo,
  exchangeRaw,
  RawClient,
  route,
  startUpstream,
  type Upstream,
} from '../../../support/gate/test-gate.ts';

describeGates('gate, requests that it refuses', (gateUnderTest) => {
  const { differs } = gateUnderTest;
  const gate = shareGate(gateUnderTest, (upstream) => ({
    routes: [route(upstream), route(upstream, { prefix: '/health', exact: true })],
  }));
  const reached: string[] = [];
  beforeEach(() => {
    reached.length = 0;
    gate.answerWith((request, response) => {
      reached.push(`${request.method} ${request.url}`);
      echo(request, response);
    });
  });

  const expected = (what: string, status: number, code: string) => {
    const [difference, ...otherwise] = OF_NGINX[what] ?? [undefined, status, code];
    return difference === undefined
      ? [status, code]
      : differs<unknown[]>(difference, { node: [status, code], nginx: otherwise });
  };

  for (const [source, what, text, status, code] of VECTORS) {
    it(`answers ${expected(what, status, code).join(' ')} to ${what} (${source})`, async () => {
      const answer = await exchangeRaw(gate.port, text);
      assert.deepEqual([answer.status, answer.code], expected(what, status, code));
      assert.deepEqual(reached, answer.status === 200 ? ['GET /api'] : []);
    });
  }

  for (const [path, status, code] of PATHS) {
    it(`answers ${expected(path, status, code).join(' ')} to the path ${path} (RFC 9110 §7.7, RFC 3986 §6.2.2)`, async () => {
      const answer = await exchangeRaw(gate.port, `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`);
      assert.deepEqual([answer.status, answer.code, reached], [...expected(path, status, code), []]);
    });
  }

  it('names the methods it passes on, in Allow', async () => {
    const { head } = await exchangeRaw(gate.port, 'TRACE /api HTTP/1.1\r\nHost: h\r\n\r\n');
    assert.match(head, /^allow: GET, HEAD, POST/im);
  });

  it('closes the connection where it cannot know what comes next', async () => {
    using client = new RawClient(gate.port);
    const text =
      'POST /api HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /api HTTP/1.1\r\nHost: h\r\n\r\n';
    const received = await client.send(text).untilClosed();
    assert.equal(received.match(/^HTTP\/1\.1 \d/gm)?.length, 1);
  });

  it('keeps the connection after a refusal that leaves no doubt', async () => {
    using client = new RawClient(gate.port);
    client.send('GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n');
    await client.until(/404/);
    client.send('GET /api HTTP/1.1\r\nHost: h\r\n\r\n');
    assert.match(await client.until(/HTTP\/1\.1 200/), /404/);
  });
});

describeGates('gate, a route that takes every path', (gateUnderTest) => {
  const gate = shareGate(gateUnderTest, (upstream) => ({ routes: [route(upstream, { prefix: '/' })] }));

  for (const path of ['/internal', '/internal/x', '/INTERNAL/x', '/Internal']) {
    it(`leaves out ${path}`, async () => {
      const reached: string[] = [];
      gate.answerWith((request, response) => {
        reached.push(`${request.url}`);
        echo(request, response);
      });

      const answer = await exchangeRaw(gate.port, `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`);

      assert.deepEqual([answer.status, answer.code, reached], [404, 'route_unknown', []]);
    });
  }
});

describeGates('gate, unusual requests that it takes', (gateUnderTest) => {
  const { differs } = gateUnderTest;
  let deep: Upstream;
  before(async () => {
    deep = await startUpstream((request, response) => response.end(`deep:${request.url}`));
  });
  const gate = shareGate(gateUnderTest, (upstream) => ({
    routes: [route(upstream), route(deep, { prefix: '/api/deep' })],
  }));
  after(() => deep[Symbol.asyncDispose]());

  const accepted: readonly (readonly [what: string, text: string, url: string])[] = [
    [
      'an absolute target of its own authority',
      'GET http://H:80/api/x?q HTTP/1.1\r\nHost: h:80\r\n\r\n',
      '/api/x?q',
    ],
    [
      'an escape that is needed',
      'GET /api/a%20b%C3%A9%25 HTTP/1.1\r\nHost: h\r\n\r\n',
      '/api/a%20b%C3%A9%25',
    ],
    [
      'separators in the query',
      'GET /api?u=http://x//..;%2f%00\\ HTTP/1.1\r\nHost: h\r\n\r\n',
      '/api?u=http://x//..;%2f%00\\',
    ],
    ['a hidden file', 'GET /api/.well-known/x HTTP/1.1\r\nHost: h\r\n\r\n', '/api/.well-known/x'],
    ['HTTP/1.0 without a Host', 'GET /api HTTP/1.0\r\n\r\n', '/api'],
    ['an IPv6 Host', 'GET /api HTTP/1.1\r\nHost: [::1]:8001\r\n\r\n', '/api'],
    ['a trailing slash', 'GET /api/ HTTP/1.1\r\nHost: h\r\n\r\n', '/api/'],
    ['the longest route', 'GET /api/deep/x HTTP/1.1\r\nHost: h\r\n\r\n', 'deep:/api/deep/x'],
  ];

  for (const [what, text, url] of accepted) {
    it(`forwards ${what}`, async () => {
      gate.answerWith((request, response) => response.end(request.url));

      const { status, body } = await exchangeRaw(gate.port, text);

      assert.equal(status, 200);
      assert.ok(body.includes(url), body);
    });
  }

  it('answers OPTIONS * itself', async () => {
    const { status, head } = await exchangeRaw(gate.port, 'OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n');

    assert.equal(status, differs('asterisk', { node: 204, nginx: 400 }));
    if (status === 204) assert.match(head, /^allow: /im);
  });
});
