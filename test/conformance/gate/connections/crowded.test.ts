import assert from 'node:assert/strict';
import { describeGates } from '../../../support/gate/describe-gates.ts';
import { echo, exchangeRaw, RawClient, startUpstream, waitFor } from '../../../support/gate/test-gate.ts';

/** Behind a proxy, a client is known from its first request on; before that, the proxy counts. */
const get = (client: string) => `GET /api HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: ${client}\r\n\r\n`;
const OTHERS = 10;

describeGates('gate, while one client holds all connections', (gate) => {
  for (const [what, bytes] of [
    ['idle after a request', get('203.0.113.1')],
    ['with half a head', 'GET /api HTTP/1.1\r\nHost: h\r\n'],
    ['without a byte', ''],
  ] as const)
    it(`answers every other client: ${what}`, async () => {
      await using upstream = await startUpstream(echo);
      await using world = await gate.startTestGate(upstream, {
        trustedProxyHops: 1,
        limits: { maxConnections: 64 },
      });
      using stack = new DisposableStack();
      const greedy = Array.from({ length: 400 }, () =>
        stack.use(new RawClient(world.port, '127.0.0.2')).send(bytes),
      );
      await waitFor(() => greedy.every(({ socket }) => !socket.connecting), 'all to be connected');
      for (let turn = 0; turn < OTHERS; turn += 1) {
        const { status } = await exchangeRaw(world.port, get(`198.51.100.${turn}`));
        assert.equal(status, 200, `client ${turn}`);
      }
    });
});
