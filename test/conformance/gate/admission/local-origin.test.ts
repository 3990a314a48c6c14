import assert from 'node:assert/strict';
import { describeGates } from '../../../support/gate/describe-gates.ts';
import { shareGate } from '../../../support/gate/share-gate.ts';
import { exchangeRaw, route } from '../../../support/gate/test-gate.ts';

const NAVIGATION = 'Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n';

const VECTORS: readonly (readonly [what: string, method: string, lines: string, status: number])[] = [
  ['localhost', 'POST', 'Host: localhost:8001', 200],
  ['a name under localhost', 'POST', 'Host: app.localhost', 200],
  ['127.0.0.1', 'POST', 'Host: 127.0.0.1:8001', 200],
  ['127.8.9.10', 'POST', 'Host: 127.8.9.10', 200],
  ['[::1]', 'POST', 'Host: [::1]:8001', 200],
  [
    'a page on another local port',
    'POST',
    'Host: localhost\r\nOrigin: http://localhost:3000\r\nSec-Fetch-Site: same-site',
    200,
  ],
  ['a link on another site', 'GET', `Host: localhost\r\n${NAVIGATION}Sec-Fetch-Dest: document`, 200],
  ['DNS rebinding', 'POST', 'Host: evil.example', 403],
  ['a name that only starts as localhost', 'POST', 'Host: localhost.evil.example', 403],
  ['a name that only ends as localhost', 'POST', 'Host: evillocalhost', 403],
  ['a name that starts as 127.0.0.1', 'POST', 'Host: 127.0.0.1.evil.example', 403],
  ['an address in the network', 'POST', 'Host: 192.168.1.2', 403],
  ['a page of another site', 'POST', 'Host: localhost\r\nOrigin: https://evil.example', 403],
  ['a sandboxed page', 'POST', 'Host: localhost\r\nOrigin: null', 403],
  [
    'an image on another site',
    'GET',
    'Host: localhost\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors',
    403,
  ],
  ['a form on another site', 'POST', `Host: localhost\r\n${NAVIGATION}Sec-Fetch-Dest: document`, 403],
  ['a frame on another site', 'GET', `Host: localhost\r\n${NAVIGATION}Sec-Fetch-Dest: iframe`, 403],
  [
    'a WebSocket of another site',
    'GET',
    'Host: localhost\r\nOrigin: https://evil.example\r\nConnection: Upgrade\r\nUpgrade: websocket',
    403,
  ],
];

describeGates('gate, on loopback and without a key', (gateUnderTest) => {
  const gate = shareGate(gateUnderTest, (upstream) => ({
    localOnly: true,
    routes: [route(upstream, { upgrade: true }), route(upstream, { prefix: '/health', exact: true })],
  }));

  for (const [what, method, lines, status] of VECTORS) {
    it(`${status === 200 ? 'serves' : 'refuses'} ${what}`, async () => {
      const answer = await exchangeRaw(gate.port, `${method} /api HTTP/1.1\r\n${lines}\r\n\r\n`);

      assert.equal(answer.status, status);
      if (status === 403) assert.equal(answer.code, 'origin_refused');
    });
  }

  it('refuses HTTP/1.0 without a Host', async () => {
    assert.equal((await exchangeRaw(gate.port, 'GET /api HTTP/1.0\r\n\r\n')).status, 403);
  });

  it('answers health checks under any name', async () => {
    for (const path of ['/health', '/health/live']) {
      assert.equal(
        (await exchangeRaw(gate.port, `GET ${path} HTTP/1.1\r\nHost: checker.example\r\n\r\n`)).status,
        200,
      );
    }
  });
});
