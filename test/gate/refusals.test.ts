import assert from 'node:assert/strict';
import type { Difference } from '../../services/contract/gate-differences.ts';
import { describeGates } from './contract.ts';
import { isRecentNginx } from './gates.ts';
import {
  echo,
  exchangeRaw,
  RawClient,
  route,
  startUpstream,
  type TestGate,
  type Upstream,
} from './support.ts';

/** Each vector with where it comes from: an RFC, a CVE, or what Node and the proxy libraries were measured to let through. */
const VECTORS: readonly (readonly [
  source: string,
  what: string,
  text: string,
  status: number,
  code: string,
])[] = [
  ['RFC 9112 §3.2', 'two Hosts', 'GET /api HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400, 'host_invalid'],
  [
    'RFC 9112 §3.2',
    'two equal Hosts',
    'GET /api HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n',
    400,
    'host_invalid',
  ],
  ['RFC 9112 §3.2', 'an invalid Host', 'GET /api HTTP/1.1\r\nHost: a b/@c\r\n\r\n', 400, 'host_invalid'],
  [
    'RFC 1035 §2.3.1',
    'a Host with an empty label',
    'GET /api HTTP/1.1\r\nHost: a..b\r\n\r\n',
    400,
    'host_invalid',
  ],
  ['RFC 9110 §7.2', 'an empty Host', 'GET /api HTTP/1.1\r\nHost:\r\n\r\n', 400, 'host_invalid'],
  [
    'RFC 3986 §3.2.3',
    'a Host with a port out of range',
    'GET /api HTTP/1.1\r\nHost: a:70000\r\n\r\n',
    400,
    'host_invalid',
  ],
  ['RFC 9112 §3.2', 'no Host', 'GET /api HTTP/1.1\r\n\r\n', 400, 'host_invalid'],
  [
    'RFC 9112 §3.2.2',
    'an absolute target of another authority',
    'GET http://evil/api HTTP/1.1\r\nHost: h\r\n\r\n',
    400,
    'target_foreign',
  ],
  [
    'RFC 9110 §4.2.4',
    'an absolute target with a user',
    'GET http://u@h/api HTTP/1.1\r\nHost: h\r\n\r\n',
    400,
    'target_foreign',
  ],
  [
    'RFC 9112 §3.2.2',
    'an absolute target of another port',
    'GET http://h:1/api HTTP/1.1\r\nHost: h\r\n\r\n',
    400,
    'target_foreign',
  ],
  [
    'RFC 9110 §7.4',
    'a target of another scheme',
    'GET ftp://h/api HTTP/1.1\r\nHost: h\r\n\r\n',
    400,
    'target_invalid',
  ],
  ['RFC 9112 §3.2.4', '* for GET', 'GET * HTTP/1.1\r\nHost: h\r\n\r\n', 400, 'target_invalid'],
  ['RFC 9110 §9.3.8', 'TRACE', 'TRACE /api HTTP/1.1\r\nHost: h\r\n\r\n', 405, 'method_refused'],
  ['RFC 9110 §9.3.6', 'CONNECT', 'CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n', 405, 'method_refused'],
  [
    'RFC 9110 §9.3.8',
    'TRACE with two Hosts',
    'TRACE /api HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
    405,
    'method_refused',
  ],
  ['RFC 9112 §2.3', 'HTTP/0.9', 'GET /api\r\n\r\n', 400, 'request_malformed'],
  ['RFC 9112 §2.3', 'HTTP/1.2', 'GET /api HTTP/1.2\r\nHost: h\r\n\r\n', 400, 'request_malformed'],
  [
    'RFC 9112 §6.1',
    'Transfer-Encoding over HTTP/1.0',
    'POST /api HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
    'framing_invalid',
  ],
  [
    'RFC 9112 §6.1',
    'gzip, chunked',
    'POST /api HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    400,
    'framing_invalid',
  ],
  [
    'RFC 9112 §6.1',
    'chunked twice',
    'POST /api HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
    'request_malformed',
  ],
  [
    'RFC 9112 §6.1',
    'an unknown coding',
    'POST /api HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n',
    400,
    'framing_invalid',
  ],
  [
    'RFC 9112 §6.3',
    'both lengths',
    'POST /api HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
    'request_malformed',
  ],
  [
    'RFC 9112 §6.3',
    'two Content-Lengths',
    'POST /api HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na',
    400,
    'request_malformed',
  ],
  [
    'RFC 9112 §5.1',
    'a space before the colon',
    'GET /api HTTP/1.1\r\nHost : h\r\n\r\n',
    400,
    'request_malformed',
  ],
  [
    'RFC 9112 §5.2',
    'a folded header',
    'GET /api HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n',
    400,
    'request_malformed',
  ],
  ['RFC 9112 §2.2', 'a bare LF', 'GET /api HTTP/1.1\nHost: h\n\n', 400, 'request_malformed'],
  [
    'RFC 9112 §7.1',
    'a chunk that is no number',
    'POST /api HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    400,
    'request_malformed',
  ],
  [
    'RFC 9110 §10.1.1',
    'another expectation',
    'GET /api HTTP/1.1\r\nHost: h\r\nExpect: tea\r\n\r\n',
    417,
    'expectation_failed',
  ],
  [
    'RFC 9110 §10.1.1',
    'two expectations',
    'GET /api HTTP/1.1\r\nHost: h\r\nExpect: 100-continue, tea\r\n\r\n',
    417,
    'expectation_failed',
  ],
  [
    'RFC 6585 §5',
    'headers that are too long',
    `GET /api HTTP/1.1\r\nHost: h\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
    431,
    'headers_too_large',
  ],
  [
    'RFC 9112 §3',
    'a target that is too long',
    `GET /api/${'x'.repeat(20_000)} HTTP/1.1\r\nHost: h\r\n\r\n`,
    431,
    'headers_too_large',
  ],
];

const PATHS: readonly (readonly [path: string, status: number, code: string])[] = [
  ['/internal', 404, 'route_unknown'],
  ['/internal/events', 404, 'route_unknown'],
  ['/internal?x', 404, 'route_unknown'],
  ['/INTERNAL/x', 404, 'route_unknown'],
  ['/Internal', 404, 'route_unknown'],
  ['/internal%20', 404, 'route_unknown'],
  ['/API', 404, 'route_unknown'],
  ['/apix', 404, 'route_unknown'],
  ['/health/x', 404, 'route_unknown'],
  ['/bridge/send', 404, 'route_unknown'],
  ['/internal#x', 400, 'target_invalid'],
  ['/api#/../internal', 400, 'target_invalid'],
  ['/api?x#y', 400, 'target_invalid'],
  ['//internal/x', 400, 'target_invalid'],
  ['/./internal/x', 400, 'target_invalid'],
  ['/a/../internal/x', 400, 'target_invalid'],
  ['/api/..', 400, 'target_invalid'],
  ['/api/%2e%2e/internal', 400, 'target_invalid'],
  ['/api/.%2E/internal', 400, 'target_invalid'],
  ['/%69nternal/x', 400, 'target_invalid'],
  ['/internal%2fx', 400, 'target_invalid'],
  ['/%2finternal/x', 400, 'target_invalid'],
  ['/api/..%2finternal/x', 400, 'target_invalid'],
  ['/api/..%5Cinternal/x', 400, 'target_invalid'],
  ['/internal;/x', 400, 'target_invalid'],
  ['/api;x', 400, 'target_invalid'],
  ['/internal\\x', 400, 'target_invalid'],
  ['/api\\..\\internal', 400, 'target_invalid'],
  ['/internal%00', 400, 'target_invalid'],
  ['/api/%7f', 400, 'target_invalid'],
  ['/api/%zz', 400, 'target_invalid'],
  ['/api/%2', 400, 'target_invalid'],
  ['/api//x', 400, 'target_invalid'],
  ['http://h//internal', 400, 'target_invalid'],
  ['http://h/internal', 404, 'route_unknown'],
  ['http://h\\@evil/internal', 400, 'request_malformed'],
];

/** What the nginx gate answers instead: its parser refuses without a reason, and reads two of them otherwise. */
const OF_NGINX: Readonly<Record<string, readonly [Difference, status: number, code: string | undefined]>> = {
  'two Hosts': ['reasons', 400, 'request_malformed'],
  'two equal Hosts': ['reasons', 400, 'request_malformed'],
  'an empty Host': ['reasons', 400, 'request_malformed'],
  'no Host': ['reasons', 400, 'request_malformed'],
  '* for GET': ['reasons', 400, 'request_malformed'],
  ...(isRecentNginx ? {} : { CONNECT: ['reasons', 400, 'request_malformed'] }),
  'TRACE with two Hosts': ['reasons', 400, 'request_malformed'],
  'HTTP/0.9': ['http09', 0, undefined],
  'Transfer-Encoding over HTTP/1.0': ['reasons', 400, 'request_malformed'],
  'gzip, chunked': ['reasons', 400, 'request_malformed'],
  'an unknown coding': ['reasons', 400, 'request_malformed'],
  'a bare LF': ['bareLf', 200, undefined],
  'a Host with an empty label': ['reasons', 400, 'request_malformed'],
  'http://h\\@evil/internal': ['reasons', 400, 'target_foreign'],
  '/internal%00': ['reasons', 400, 'request_malformed'],
  '/api/%zz': ['reasons', 400, 'request_malformed'],
  '/api/%2': ['reasons', 400, 'request_malformed'],
};

describeGates('gate, requests that it refuses', ({ startTestGate, differs }) => {
  let upstream: Upstream;
  let gate: TestGate;
  const reached: string[] = [];

  before(async () => {
    upstream = await startUpstream((request, response) => {
      reached.push(`${request.method} ${request.url}`);
      echo(request, response);
    });
    gate = await startTestGate(upstream, {
      routes: [route(upstream), route(upstream, { prefix: '/health', exact: true })],
    });
  });

  after(async () => {
    await gate[Symbol.asyncDispose]();
    await upstream[Symbol.asyncDispose]();
  });

  const expected = (what: string, status: number, code: string) => {
    const [difference, ...otherwise] = OF_NGINX[what] ?? [undefined, status, code];
    return difference === undefined
      ? [status, code]
      : differs<unknown[]>(difference, { node: [status, code], nginx: otherwise });
  };

  for (const [source, what, text, status, code] of VECTORS) {
    it(`answers ${expected(what, status, code).join(' ')} to ${what} (${source})`, async () => {
      reached.length = 0;
      const answer = await exchangeRaw(gate.port, text);
      assert.deepEqual([answer.status, answer.code], expected(what, status, code));
      assert.deepEqual(reached, answer.status === 200 ? ['GET /api'] : []);
    });
  }

  for (const [path, status, code] of PATHS) {
    it(`answers ${expected(path, status, code).join(' ')} to the path ${path} (RFC 9110 §7.7, RFC 3986 §6.2.2)`, async () => {
      reached.length = 0;
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

describeGates('gate, unusual requests that it takes', ({ startTestGate, differs }) => {
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
      await using upstream = await startUpstream((request, response) => response.end(request.url));
      await using deep = await startUpstream((request, response) => response.end(`deep:${request.url}`));
      await using gate = await startTestGate(upstream, {
        routes: [route(upstream), route(deep, { prefix: '/api/deep' })],
      });

      const { status, body } = await exchangeRaw(gate.port, text);

      assert.equal(status, 200);
      assert.ok(body.includes(url), body);
    });
  }

  it('answers OPTIONS * itself', async () => {
    await using upstream = await startUpstream(echo);
    await using gate = await startTestGate(upstream);

    const { status, head } = await exchangeRaw(gate.port, 'OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n');

    assert.equal(status, differs('asterisk', { node: 204, nginx: 400 }));
    if (status === 204) assert.match(head, /^allow: /im);
  });
});
