import assert from 'node:assert/strict';
import { describeGates } from '../../../support/gate/describe-gates.ts';
import { isRecentNginx } from '../../../support/gate/gates.ts';
import { fitting, refusalOf } from '../../../support/gate/refusal.ts';
import { shareGate } from '../../../support/gate/share-gate.ts';
import { RawClient } from '../../../support/gate/test-gate.ts';

/** What a client may send of keys. The gate reads none; it only knows whether the kit has any. */
const KEYS: readonly (readonly [what: string, isConfigured: boolean, headers: string])[] = [
  ['no key is configured', false, ''],
  ['no key is configured and one is sent', false, 'Authorization: Bearer some-key\r\n'],
  ['a key is configured and not sent', true, ''],
  ['a key is configured and sent', true, 'Authorization: Bearer the-key\r\n'],
  ['a key is configured and another is sent', true, 'X-Api-Key: another-key\r\n'],
];

/** The start of a TLS 1.2 ClientHello. Source: RFC 5246 §7.4.1.2. */
const CLIENT_HELLO = Buffer.concat([
  Buffer.from('16030100c8010000c40303', 'hex'),
  Buffer.alloc(32, 7),
  Buffer.from('000002c02f0100', 'hex'),
  Buffer.alloc(160),
]);

type Vector = readonly [
  what: string,
  bytes: (headers: string) => string | Buffer,
  code: string,
  nginx?: string,
];

/** Requests that a parser refuses, before or after it has read a request line. `nginx` is its code where it differs. */
const VECTORS: readonly Vector[] = [
  ['garbage', () => 'garbage \x01\x02\r\n\r\n', 'request_malformed'],
  ['a TLS ClientHello', () => CLIENT_HELLO, 'request_malformed'],
  ['the HTTP/2 preface', () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'request_malformed'],
  ['HTTP/2.0', (headers) => `GET /api HTTP/2.0\r\nHost: h\r\n${headers}\r\n`, 'request_malformed'],
  [
    'CONNECT',
    (headers) => `CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n${headers}\r\n`,
    'method_refused',
    isRecentNginx ? 'method_refused' : 'request_malformed',
  ],
  ['TRACE', (headers) => `TRACE /api HTTP/1.1\r\nHost: h\r\n${headers}\r\n`, 'method_refused'],
  [
    'a method in lower case',
    (headers) => `get /api HTTP/1.1\r\nHost: h\r\n${headers}\r\n`,
    'request_malformed',
  ],
  [
    'a target of 40 KB',
    (headers) => `GET /${'x'.repeat(40_000)} HTTP/1.1\r\nHost: h\r\n${headers}\r\n`,
    'headers_too_large',
  ],
  [
    'an unknown method with a target of 40 KB',
    () => `X /${'x'.repeat(40_000)} HTTP/1.1\r\nHost: h\r\n\r\n`,
    'request_malformed',
    'headers_too_large',
  ],
  [
    'a header of 40 KB',
    (headers) => `GET /api HTTP/1.1\r\nHost: h\r\n${headers}X: ${'x'.repeat(40_000)}\r\n\r\n`,
    'headers_too_large',
  ],
  [
    'a header of 40 KB before Host',
    (headers) => `GET /api HTTP/1.1\r\nX: ${'x'.repeat(40_000)}\r\nHost: h\r\n${headers}\r\n`,
    'headers_too_large',
  ],
  [
    'two Hosts',
    (headers) => `GET /api HTTP/1.1\r\nHost: h\r\nHost: h\r\n${headers}\r\n`,
    'host_invalid',
    'request_malformed',
  ],
  ['no Host', (headers) => `GET /api HTTP/1.1\r\n${headers}\r\n`, 'host_invalid', 'request_malformed'],
  [
    'two lengths',
    (headers) => `POST /api HTTP/1.1\r\nHost: h\r\n${headers}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`,
    'request_malformed',
  ],
  [
    'a coding that is unknown',
    (headers) => `POST /api HTTP/1.1\r\nHost: h\r\n${headers}Transfer-Encoding: x\r\n\r\n`,
    'framing_invalid',
    'request_malformed',
  ],
  ['an invalid Host', (headers) => `GET /api HTTP/1.1\r\nHost: a b/@c\r\n${headers}\r\n`, 'host_invalid'],
  [
    'a body over the limit',
    (headers) => `POST /api HTTP/1.1\r\nHost: localhost\r\n${headers}Content-Length: 9999999\r\n\r\n`,
    'body_too_large',
  ],
  [
    'a path that no route names',
    (headers) => `GET /nowhere HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`,
    'route_unknown',
  ],
  [
    'a method that /health/live has not',
    (headers) => `PUT /health/live HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`,
    'method_refused',
  ],
];

describeGates('gate, its own refusals', (gateUnderTest) => {
  const { differs } = gateUnderTest;
  const open = shareGate(gateUnderTest, () => ({ localOnly: true }));
  const guarded = shareGate(gateUnderTest, () => ({ localOnly: false }));

  it('keeps the status and body of each when a client goes on on the same connection', async () => {
    using client = new RawClient(open.port);
    client.send('GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await client.until(/^HTTP\/1\.1 404 [\s\S]*"status":404[\s\S]*\}$/);
    client.send('GET /api HTTP/1.1\r\nHost: evil.example\r\n\r\n');
    await client.until(/HTTP\/1\.1 403 [\s\S]*"status":403[\s\S]*\}$/);
  });

  for (const [keys, isConfigured, headers] of KEYS) {
    const gate = isConfigured ? guarded : open;

    for (const [what, bytes, node, nginx = node] of VECTORS) {
      const code = node === nginx ? node : differs('reasons', { node, nginx });
      it(`answers ${what} with ${code}, in status and body, when ${keys}`, async () => {
        assert.deepEqual(await refusalOf(gate.port, bytes(headers)), fitting(code));
      });
    }

    for (const name of ['malformed', 'headers', 'fault']) {
      it(`has no path /.gate/${name} for a client when ${keys}`, async () => {
        const text = `GET /.gate/${name} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`;
        assert.deepEqual(await refusalOf(gate.port, text), fitting('route_unknown'));
      });
    }

    if (!isConfigured)
      it(`still refuses a foreign Host with origin_refused when ${keys}`, async () => {
        const text = `GET /api HTTP/1.1\r\nHost: evil.example\r\n${headers}\r\n`;
        assert.deepEqual(await refusalOf(gate.port, text), fitting('origin_refused'));
      });
  }
});
