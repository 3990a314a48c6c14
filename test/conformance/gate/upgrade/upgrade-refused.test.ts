import assert from 'node:assert/strict';
import { describeGates } from '../../../support/gate/describe-gates.ts';
import { shareSocketKit } from '../../../support/gate/socket-kit.ts';
import { exchangeRaw } from '../../../support/gate/test-gate.ts';

const HANDSHAKE =
  'GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

describeGates('gate, upgrades that it refuses', (gateKind) => {
  const kit = shareSocketKit(gateKind);
  const { differs } = gateKind;
  const bodyCode = differs('reasons', { node: 'framing_invalid', nginx: 'upgrade_refused' });
  const refusals = [
    ['on a path that takes none', HANDSHAKE.replace('/ws', '/api'), 400, 'upgrade_refused'],
    ['by POST', HANDSHAKE.replace('GET', 'POST'), 400, 'upgrade_refused'],
    ['to a denied path', HANDSHAKE.replace('/ws', '/internal/events'), 404, 'route_unknown'],
    ['to a denied path in other cases', HANDSHAKE.replace('/ws', '/INTERNAL/events'), 404, 'route_unknown'],
    [
      'with a foreign absolute target (CVE-2026-44578)',
      HANDSHAKE.replace('/ws', 'http://evil/ws'),
      400,
      'target_foreign',
    ],
    ['with a path that is not canonical', HANDSHAKE.replace('/ws', '//ws'), 400, 'target_invalid'],
    [
      'with two Hosts',
      `${HANDSHAKE}Host: other\r\n`,
      400,
      differs('reasons', { node: 'host_invalid', nginx: 'request_malformed' }),
    ],
    ['with a body', `${HANDSHAKE}Content-Length: 3\r\n`, 400, bodyCode],
    ['with a chunked body', `${HANDSHAKE}Transfer-Encoding: chunked\r\n`, 400, bodyCode],
    ['to several protocols', HANDSHAKE.replace('websocket', 'websocket, h2c'), 400, 'upgrade_refused'],
  ] as const;

  for (const [what, text, status, code] of refusals) {
    it(`refuses one ${what}`, async () => {
      const answer = await exchangeRaw(kit.port, `${text}\r\n`);

      assert.deepEqual([answer.status, answer.code], [status, code]);
      assert.equal(kit.requests.length, 0);
    });
  }

  it('serves a request that offers h2c as a plain one, as Java and curl send it unasked', async () => {
    const { status } = await exchangeRaw(
      kit.port,
      'GET /api HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n',
    );

    assert.equal(status, 200);
  });
});
