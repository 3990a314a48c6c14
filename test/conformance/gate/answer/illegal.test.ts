import assert from 'node:assert/strict';
import { describeGates } from '../../../support/gate/describe-gates.ts';
import { type Script, saying } from '../../../support/gate/responses/scripted-service.ts';
import { shareScripted } from '../../../support/gate/responses/share-scripted.ts';
import { exchangeRaw, parseResponse, RawClient } from '../../../support/gate/test-gate.ts';

const OK = 'Content-Length: 2\r\n\r\nok';
const UPGRADE =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

/** `nginx` is found in the head that nginx 1.22 passes on; undefined where nginx answers 502 as well. */
const ILLEGAL: readonly (readonly [source: string, what: string, text: string, nginx?: RegExp])[] = [
  ['RFC 9112 §4', 'NUL in the reason phrase', `HTTP/1.1 200 a\0b\r\n${OK}`, /^HTTP\/1\.1 200 a\0b\r\n/],
  [
    'RFC 9112 §4',
    'a control character in the reason phrase',
    `HTTP/1.1 200 a\x01b\r\n${OK}`,
    /^HTTP\/1\.1 200 /,
  ],
  ['RFC 9112 §4', 'DEL in the reason phrase', `HTTP/1.1 200 a\x7fb\r\n${OK}`, /^HTTP\/1\.1 200 a\x7fb\r\n/],
  [
    'RFC 9112 §4',
    'NUL in the reason phrase of a 304',
    'HTTP/1.1 304 a\0b\r\n\r\n',
    /^HTTP\/1\.1 304 a\0b\r\n/,
  ],
  ['RFC 9112 §2.2', 'CR in the reason phrase', `HTTP/1.1 200 a\rb\r\n${OK}`, /^HTTP\/1\.1 200 a\rb\r\n/],
  ['RFC 9112 §2.2', 'LF at the end of its status line', `HTTP/1.1 200 a\n${OK}`, /^HTTP\/1\.1 200 a\r\n/],
  ['RFC 9110 §5.5', 'NUL in a value', `HTTP/1.1 200 OK\r\nX: a\0b\r\n${OK}`],
  ['RFC 9110 §5.5', 'CR in a value', `HTTP/1.1 200 OK\r\nX: a\rb\r\n${OK}`],
  [
    'RFC 9110 §5.5',
    'a control character in a value',
    `HTTP/1.1 200 OK\r\nX: a\x01b\r\n${OK}`,
    /^X: a\x01b\r$/m,
  ],
  ['RFC 9110 §5.5', 'DEL in a value', `HTTP/1.1 200 OK\r\nX: a\x7fb\r\n${OK}`, /^X: a\x7fb\r$/m],
  ['RFC 9112 §5.2', 'a folded header', `HTTP/1.1 200 OK\r\nX: a\r\n b\r\n${OK}`],
  ['RFC 9112 §5.1', 'a space before a colon', `HTTP/1.1 200 OK\r\nX : a\r\n${OK}`],
  ['RFC 9110 §5.1', 'a header without a name', `HTTP/1.1 200 OK\r\n: a\r\n${OK}`],
  ['RFC 9110 §5.1', 'a header whose name is no token', `HTTP/1.1 200 OK\r\nX(: a\r\n${OK}`, /^X\(: a\r$/m],
  ['RFC 9110 §15', 'the status 000', `HTTP/1.1 000 OK\r\n${OK}`, /^HTTP\/1\.1 000 /],
  ['RFC 9110 §15', 'the status 099', `HTTP/1.1 099 OK\r\n${OK}`, /^HTTP\/1\.1 099 /],
  ['RFC 9110 §15', 'the status 99', `HTTP/1.1 99 OK\r\n${OK}`, /^HTTP\/1\.1 99 /],
  ['RFC 9110 §15', 'the status 600', `HTTP/1.1 600 OK\r\n${OK}`, /^HTTP\/1\.1 600 /],
  ['RFC 9110 §15', 'the status 999', `HTTP/1.1 999 OK\r\n${OK}`, /^HTTP\/1\.1 999 /],
  ['RFC 9110 §15', 'the status 1000', `HTTP/1.1 1000 OK\r\n${OK}`, /^HTTP\/1\.1 1000 /],
  ['RFC 9112 §6.3', 'two lengths', `HTTP/1.1 200 OK\r\nContent-Length: 3\r\n${OK}`, /^HTTP\/1\.1 200 /],
  [
    'RFC 9112 §6.3',
    'a length below 0',
    'HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok',
    /^HTTP\/1\.1 200 /,
  ],
  [
    'RFC 9112 §6.3',
    'a length that is no number',
    'HTTP/1.1 200 OK\r\nContent-Length: 2x\r\n\r\nok',
    /^HTTP\/1\.1 200 /,
  ],
  [
    'RFC 9112 §6.3',
    'a length that no machine counts to',
    `HTTP/1.1 200 OK\r\nContent-Length: ${'9'.repeat(30)}\r\n\r\nok`,
    /^HTTP\/1\.1 200 /,
  ],
  [
    'RFC 9112 §6.3',
    'a length and a coding',
    'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    /^HTTP\/1\.1 200 /,
  ],
  [
    'RFC 9112 §6.1',
    'a coding other than chunked',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok',
    /^HTTP\/1\.1 200 /,
  ],
  ['RFC 9110 §7.8', 'a 101 without Upgrade', 'HTTP/1.1 101 OK\r\n\r\n', /^HTTP\/1\.1 101 /],
  ['RFC 9112 §4', 'no HTTP', 'garbage\r\n\r\n', /^garbage\r\n\r\n$/],
  ['RFC 9112 §4', 'no byte', ''],
  ['RFC 9112 §8', 'half a head', 'HTTP/1.1 200 OK\r\nX: a'],
  ['RFC 9110 §5.4', 'a header of 70,000 bytes', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}\r\n${OK}`],
  ['RFC 9110 §5.4', 'a reason phrase of 70,000 bytes', `HTTP/1.1 200 ${'x'.repeat(70_000)}\r\n${OK}`],
];

describeGates('gate, a response that HTTP does not allow', (gateUnderTest) => {
  const { differs, name } = gateUnderTest;
  const gate = shareScripted(gateUnderTest);
  const impatient = shareScripted(gateUnderTest, { idleTimeoutMs: 150, upstreamTimeoutMs: 150 });

  async function exchange(script: Script, headers = ''): Promise<ReturnType<typeof parseResponse>> {
    gate.play(() => script);
    if (name === 'node') return await exchangeRaw(gate.port, requestOf('/api', headers));
    // Bytes that are no HTTP end with the connection.
    using client = new RawClient(gate.port);
    return parseResponse(
      await client.send(requestOf('/api', `${headers}Connection: close\r\n`)).untilClosed(),
    );
  }

  for (const [source, what, text, passed] of ILLEGAL) {
    const onNginx = passed === undefined ? 'answers 502 to' : 'passes';
    it(`${differs('broken', { node: 'answers 502 to', nginx: onNginx })} ${what} (${source})`, async () => {
      const answer = await exchange(saying(text));
      // A later nginx refuses some of them.
      const isPassed = name === 'nginx' && answer.status !== 502 && passed !== undefined;
      if (isPassed) assert.match(`${answer.head}\r\n\r\n`, passed);
      else assert.deepEqual([answer.status, answer.code], [502, 'service_refused']);
    });
  }

  // nginx keeps to what it does without an upgrade.
  for (const [source, what, text] of name === 'node' ? ILLEGAL : []) {
    it(`answers 502 to an upgrade that is refused with ${what} (${source})`, async () => {
      const answer = await exchange(saying(text), UPGRADE);
      assert.deepEqual([answer.status, answer.code], [502, 'service_refused']);
    });
  }

  it('writes a 502 that has nothing of the response', async () => {
    const spoilt = `HTTP/1.1 304 a\0b\r\nETag: "x"\r\n\r\n`;
    const { head, body } = await exchange(saying(differs('broken', { node: spoilt, nginx: '' })));
    assert.match(head, /^HTTP\/1\.1 502 Bad Gateway\r\n/);
    assert.doesNotMatch(head, /etag/i);
    assert.match(body, /"status":502/);
  });

  it('leaves the connection of the client open', async () => {
    const scripts: Record<string, Script> = {
      '/api/odd': saying(differs('broken', { node: `HTTP/1.1 404 \0\r\n${OK}`, nginx: '' })),
      '/api/plain': saying(`HTTP/1.1 200 OK\r\n${OK}`),
    };
    gate.play((path) => scripts[path] ?? saying(''));
    using client = new RawClient(gate.port);
    client.send(requestOf('/api/odd'));
    await client.until(/^HTTP\/1\.1 502 [\s\S]*\}$/);
    client.send(requestOf('/api/plain'));
    await client.until(/HTTP\/1\.1 200 OK[\s\S]*ok$/);
  });

  it('is answered in its turn when requests are pipelined', async () => {
    const scripts: Record<string, Script> = {
      '/api/late': { parts: saying('HTTP/1.1 200 OK\r\n', `X: a\r\n${OK}`).parts, end: 'keep' },
      '/api/odd': saying(differs('broken', { node: `HTTP/1.1 404 \0\r\n${OK}`, nginx: '' })),
    };
    gate.play((path) => scripts[path] ?? saying(''));
    using client = new RawClient(gate.port);
    client.send(requestOf('/api/late') + requestOf('/api/odd'));
    await client.until(/^HTTP\/1\.1 200 OK[\s\S]*okHTTP\/1\.1 502 [\s\S]*\}$/);
  });

  it('stops at a thousand interim responses', async () => {
    const many = saying(`${'HTTP/1.1 102 Processing\r\n\r\n'.repeat(1_001)}HTTP/1.1 200 OK\r\n${OK}`);
    gate.play(() => many);
    using client = new RawClient(gate.port);
    client.send(requestOf('/api'));
    await client.wait(() => client.isClosed || /"code"|ok$/.test(client.received), 'the last response');
    const final = /(?:^|\r\n\r\n)HTTP\/1\.1 ([2-5]\d\d) /.exec(client.received)?.[1];
    assert.equal(final, differs('interim', { node: '502', nginx: '200' }));
  });

  const BROKEN: readonly (readonly [what: string, script: Script])[] = [
    [
      'a chunk that is none',
      saying('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n', 'zz\r\n'),
    ],
    ['an end before its length', saying('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n', 'ok')],
    [
      'an end before the last chunk',
      saying('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', '2\r\nok\r\n'),
    ],
    ['a reset', { ...saying('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n', 'ok'), end: 'reset' }],
    ['silence', { ...saying('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n', 'ok'), end: 'hang' }],
  ];
  for (const [what, script] of BROKEN) {
    for (const [kind, headers] of [
      ['', ''],
      [' of a refused upgrade', UPGRADE],
    ] as const) {
      // A tunnel of nginx may be silent for an hour.
      if (name === 'nginx' && headers !== '' && script.end === 'hang') continue;
      it(`closes the connection when the body${kind} has ${what}`, async () => {
        const { play, port } = script.end === 'hang' ? impatient : gate;
        play(() => script);
        using client = new RawClient(port);
        const received = await client.send(requestOf('/api', headers)).untilClosed();
        assert.doesNotMatch(received, /\r\n0\r\n\r\n$|ok.{3}$/s);
      });
    }
  }
});

function requestOf(path: string, headers = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: h\r\n${headers}\r\n`;
}
