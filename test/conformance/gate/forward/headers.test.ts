import assert from 'node:assert/strict';
import { describeGates } from '../../../support/gate/describe-gates.ts';
import { type SharedGate, shareGate } from '../../../support/gate/share-gate.ts';
import { exchangeRaw, route, SECRET } from '../../../support/gate/test-gate.ts';

describeGates('gate, headers to the upstream', (gateKind) => {
  const { differs } = gateKind;
  const gate = shareGate(gateKind, (upstream) => ({
    routes: [route(upstream), route(upstream, { prefix: '/own', kit: false })],
  }));

  it('drops hop-by-hop fields and those that Connection names', async () => {
    const nominated = differs('nominated', {
      node: 'Connection: close, X-Secret, Keep-Alive\r\nX-Secret: 1\r\n',
      nginx: 'Connection: close, Keep-Alive\r\n',
    });
    const seen = await headersSeen(
      gate,
      `${nominated}Keep-Alive: 5\r\nProxy-Connection: x\r\nTE: trailers\r\nTrailer: X\r\nProxy-Authorization: x\r\nX-Own: kept\r\n`,
    );

    for (const name of [
      'x-secret',
      'keep-alive',
      'proxy-connection',
      'te',
      'trailer',
      'proxy-authorization',
      'upgrade',
    ]) {
      assert.equal(seen[name], undefined, name);
    }
    assert.equal(seen['x-own'], 'kept');
  });

  it('replaces what only the gate may say, even where Connection names it', async () => {
    const nominated = differs('nominated', {
      node: 'Connection: x-forwarded-for, x-gatehouse-secret, x-request-id\r\n',
      nginx: '',
    });
    const seen = await headersSeen(
      gate,
      `${nominated}X-Gatehouse-Secret: forged\r\nX_Gatehouse_Secret: forged\r\nX-Accel-Redirect: /x\r\nX-Forwarded-Anything: 1\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Prefix: /p\r\nForwarded: for=6.6.6.6\r\nX-Real-IP: 6.6.6.6\r\nX-Request-Id: chosen-by-client\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\ntracestate: a=b\r\n`,
    );

    assert.equal(seen['x-gatehouse-secret'], SECRET);
    assert.equal(seen.x_gatehouse_secret, undefined);
    assert.equal(seen['x-accel-redirect'], undefined);
    assert.equal(seen['x-forwarded-prefix'], undefined);
    assert.equal(seen['x-forwarded-anything'], differs('wildcards', { node: undefined, nginx: '1' }));
    assert.equal(seen['x-forwarded-for'], '127.0.0.1');
    assert.equal(seen['x-forwarded-proto'], 'http');
    assert.equal(seen['x-forwarded-host'], 'h:8001');
    assert.equal(seen['x-forwarded-port'], '8001');
    assert.equal(seen['x-real-ip'], '127.0.0.1');
    assert.equal(seen.forwarded, 'for=127.0.0.1;host="h:8001";proto=http');
    assert.match(seen['x-request-id'] ?? '', /^[0-9a-f-]{32,36}$/);
    assert.match(seen.traceparent ?? '', /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    assert.equal(seen.tracestate, undefined);
    assert.equal(seen.via, '1.1 gatehouse');
    assert.equal(seen.host, 'h:8001');
  });

  if (gateKind.name === 'nginx')
    it('refuses a request whose Connection names what nginx cannot drop', async () => {
      const { status, code } = await exchangeRaw(
        gate.port,
        'GET /api HTTP/1.1\r\nHost: h\r\nConnection: close, X-Secret\r\nX-Secret: 1\r\n\r\n',
      );

      assert.deepEqual([status, code], [400, 'request_malformed']);
    });

  it('gives the secret to no service but those of the kit', async () => {
    const { body } = await exchangeRaw(gate.port, 'GET /own HTTP/1.1\r\nHost: h\r\n\r\n');

    assert.doesNotMatch(body, /gatehouse-secret/);
  });

  it('keeps the order and the repetition of lines, and each byte', async () => {
    const { body } = await exchangeRaw(
      gate.port,
      'GET /api HTTP/1.1\r\nX-A: 1\r\nHost: h\r\nX-B: \xe9\r\nX-A: 2\r\n\r\n',
    );

    const raw = /"rawHeaders":(\[[^\]]*\])/.exec(Buffer.from(body, 'latin1').toString())?.[1] ?? '[]';
    const list: unknown[] = JSON.parse(raw);
    const own = list.flatMap((name, index) =>
      typeof name === 'string' && /^X-[AB]$/.test(name) ? [name, list[index + 1]] : [],
    );
    assert.deepEqual(own, ['X-A', '1', 'X-B', 'é', 'X-A', '2']);
  });

  it('refuses a request that goes in a circle', async () => {
    const { status } = await exchangeRaw(
      gate.port,
      `GET /api HTTP/1.1\r\nHost: h\r\nVia: ${'1.1 gatehouse, '.repeat(4)}1.1 x\r\n\r\n`,
    );

    assert.equal(status, 508);
  });
});

describeGates('gate, behind trusted proxies', (gateKind) => {
  const gates = [0, 1, 2].map((trustedProxyHops) => shareGate(gateKind, () => ({ trustedProxyHops })));
  const cases: readonly (readonly [hops: number, sent: string, client: string, list: string])[] = [
    [0, '1.1.1.1, 2.2.2.2', '127.0.0.1', '127.0.0.1'],
    [1, '1.1.1.1, 2.2.2.2', '2.2.2.2', '2.2.2.2, 127.0.0.1'],
    [2, '1.1.1.1, 2.2.2.2', '1.1.1.1', '1.1.1.1, 2.2.2.2, 127.0.0.1'],
    [2, 'forged, 1.1.1.1, 2.2.2.2', '1.1.1.1', '1.1.1.1, 2.2.2.2, 127.0.0.1'],
    [2, '2.2.2.2', '2.2.2.2', '2.2.2.2, 127.0.0.1'],
    [2, 'not-an-address, 2.2.2.2', '2.2.2.2', '2.2.2.2, 127.0.0.1'],
    [1, '[2001:db8::1]:443', '2001:db8::1', '2001:db8::1, 127.0.0.1'],
    [1, '3.3.3.3:5000', '3.3.3.3', '3.3.3.3, 127.0.0.1'],
  ];

  for (const [hops, sent, client, list] of cases) {
    it(`takes ${client} for the client of "${sent}" with ${hops} hops`, async () => {
      const seen = await headersSeen(gates[hops], `X-Forwarded-For: ${sent}\r\n`);
      assert.equal(seen['x-real-ip'], client);
      assert.equal(seen['x-forwarded-for'], list);
    });
  }

  it('believes protocol, host, request id and trace of the edge', async () => {
    const seen = await headersSeen(
      gates[1],
      'X-Forwarded-Proto: https\r\nX-Forwarded-Host: public.example\r\nX-Request-Id: edge-id-12345\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\ntracestate: a=b\r\n',
    );

    assert.equal(seen['x-forwarded-proto'], 'https');
    assert.equal(seen['x-forwarded-host'], 'public.example');
    assert.equal(seen['x-forwarded-port'], '443');
    assert.equal(seen['x-request-id'], 'edge-id-12345');
    assert.equal(seen.traceparent, '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
    assert.equal(seen.tracestate, 'a=b');
  });

  it('believes nothing that is malformed', async () => {
    const seen = await headersSeen(
      gates[1],
      'X-Forwarded-Proto: javascript\r\nX-Forwarded-Host: a b\r\nX-Request-Id: {}\r\ntraceparent: x\r\ntracestate: a=b\r\n',
    );

    assert.equal(seen['x-forwarded-proto'], 'http');
    assert.equal(seen['x-forwarded-host'], 'h:8001');
    assert.match(seen['x-request-id'] ?? '', /^[0-9a-f-]{32,36}$/);
    assert.equal(seen.tracestate, undefined);
  });
});

describeGates('gate, headers to the client', (gateKind) => {
  const { differs } = gateKind;
  const gate = shareGate(gateKind);

  it('drops hop-by-hop fields, those that Connection names, and the secret; adds Via and the request id', async () => {
    gate.answerWith((_request, response) => {
      response.writeHead(200, [
        'Connection',
        'close, X-Hop',
        'X-Hop',
        '1',
        'Trailer',
        'X-T',
        'X-Gatehouse-Secret',
        SECRET,
        'Via',
        '1.1 inner',
        'X-Kept',
        '1',
      ]);
      response.end('x');
    });

    const { head } = await exchangeRaw(gate.port, 'GET /api HTTP/1.1\r\nHost: h\r\n\r\n');

    assert.doesNotMatch(head, /trailer|secret/i);
    assert.equal(/x-hop/i.test(head), differs('nominated', { node: false, nginx: true }));
    assert.match(head, /^X-Kept: 1$/m);
    assert.match(head, /^Via: 1\.1 inner\r\n(?:.*\r\n)*via: 1\.1 gatehouse$/im);
    assert.match(head, /^x-request-id: [0-9a-f-]{32,36}$/m);
    assert.match(head, /^Connection: keep-alive$/m);
  });
});

async function headersSeen(gate: SharedGate | undefined, lines: string): Promise<Record<string, string>> {
  assert.ok(gate !== undefined);
  const { body } = await exchangeRaw(gate.port, `GET /api HTTP/1.1\r\nHost: h:8001\r\n${lines}\r\n`);
  const parsed: unknown = JSON.parse(/\{.*\}/s.exec(body)?.[0] ?? '{}');
  assert.ok(typeof parsed === 'object' && parsed !== null && 'headers' in parsed, body);
  return Object.fromEntries(Object.entries(parsed.headers ?? {}).map(([key, value]) => [key, String(value)]));
}
