import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';
import { ClientLimits, networkOf } from '../../../../services/gate/admission/client-limits.ts';
import type { GateOptions } from '../../../../services/gate/contract/options.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import { describeGates } from '../../../support/gate/describe-gates.ts';
import {
  echo,
  exchangeRaw,
  listenAsUpstream,
  route,
  startUpstream,
  waitFor,
} from '../../../support/gate/test-gate.ts';

const GET = 'GET /api HTTP/1.1\r\nHost: h\r\n\r\n';

const from = (client: string, path = '/api') =>
  `GET ${path} HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: ${client}\r\n\r\n`;

describeGates('gate, limits per client', ({ startTestGate }) => {
  it('answers 429 with Retry-After to a client beyond its burst and rate, and to no other', async () => {
    await using upstream = await startUpstream(echo);
    await using opened = await startTestGate(upstream, {
      trustedProxyHops: 1,
      limits: { clientRatePerSecond: 1, clientBurst: 5 },
    });
    const startedMs = performance.now();

    const answers = [];
    for (let sent = 0; sent < 20; sent += 1)
      answers.push(await exchangeRaw(opened.port, from('203.0.113.7')));

    const passed = answers.filter(({ status }) => status === 200).length;
    const earned = (performance.now() - startedMs) / 1_000;
    assert.ok(passed >= 5 && passed <= 5 + 1 + earned, `${passed} passed`);
    const refused = answers.find(({ status }) => status === 429);
    assert.equal(refused?.code, 'rate_limited');
    assert.match(refused?.head ?? '', /^retry-after: 1$/im);
    assert.match(refused?.head ?? '', /^content-type: application\/problem\+json/im);
    assert.equal((await exchangeRaw(opened.port, from('203.0.113.8'))).status, 200);
  });

  it('lets a client on again once it has waited', async () => {
    await using upstream = await startUpstream(echo);
    await using opened = await startTestGate(upstream, {
      limits: { clientRatePerSecond: 1, clientBurst: 1 },
    });
    await untilStatus(429, () => exchangeRaw(opened.port, GET));
    await untilStatus(200, () => exchangeRaw(opened.port, GET));
  });

  it('never limits /health and /health/live', async () => {
    await using upstream = await startUpstream(echo);
    const routes = [route(upstream), route(upstream, { prefix: '/health', exact: true, holds: false })];
    await using opened = await startTestGate(upstream, {
      routes,
      limits: { clientRatePerSecond: 1, clientBurst: 1, clientConcurrency: 1 },
    });
    await untilStatus(429, () => exchangeRaw(opened.port, GET));
    for (const path of ['/health', '/health/live', '/health', '/health/live']) {
      const { status } = await exchangeRaw(opened.port, GET.replace('/api', path));
      assert.equal(status, 200, path);
    }
  });

  for (const [network, other] of [
    ['2001:db8:5:6::', '2001:db8:5:7::1'],
    ['2001:db8::', '2001:db8:0:1::1'],
  ] as const) {
    it(`counts the addresses of ${network}/64 as one client`, async () => {
      await using upstream = await startUpstream(echo);
      const limits = { clientRatePerSecond: 1, clientBurst: 1 };
      await using opened = await startTestGate(upstream, { trustedProxyHops: 1, limits });
      const statuses = [];
      const startedMs = performance.now();
      for (let last = 1; last <= 20; last += 1)
        statuses.push((await exchangeRaw(opened.port, from(`${network}${last.toString(16)}`))).status);
      const passed = statuses.filter((status) => status === 200).length;
      const earned = (performance.now() - startedMs) / 1_000;
      assert.ok(passed >= 1 && passed <= 2 + earned, `${passed} passed`);
      assert.equal((await exchangeRaw(opened.port, from(other))).status, 200);
    });
  }

  it('answers 429 to more requests at once than one client may have, until one is over', async () => {
    const answers: ServerResponse[] = [];
    await using upstream = await startUpstream((_request, response) => answers.push(response));
    await using opened = await startTestGate(upstream, { limits: { clientConcurrency: 3 } });
    const held = [1, 2, 3].map(() => exchangeRaw(opened.port, GET));
    await waitFor(() => answers.length === 3, 'three requests under way');

    const { status, code, head } = await exchangeRaw(opened.port, GET);
    assert.deepEqual([status, code], [429, 'too_many_requests_at_once']);
    assert.match(head, /^retry-after: 1$/im);

    for (const answer of answers) answer.end('ok');
    for (const one of held) assert.equal((await one).status, 200);
    upstream.server.removeAllListeners('request').on('request', echo);
    await untilStatus(200, () => exchangeRaw(opened.port, GET));
  });

  it('forgets a request whose client has left', async () => {
    let open = 0;
    await using upstream = await startUpstream((_request, response) => {
      open += 1;
      response.on('close', () => {
        open -= 1;
      });
    });
    await using opened = await startTestGate(upstream, { limits: { clientConcurrency: 1 } });
    const abort = new AbortController();
    const gone = fetch(`${opened.origin}/api`, { signal: abort.signal }).catch(() => 'gone');
    await waitFor(() => open === 1, 'the request under way');
    abort.abort();
    await gone;
    await waitFor(() => open === 0, 'the upstream to lose its client');

    upstream.server.removeAllListeners('request').on('request', echo);
    await untilStatus(200, () => exchangeRaw(opened.port, GET));
  });

  it('counts open WebSockets among the requests of a client', async () => {
    const server = createServer(echo);
    const sockets = new WebSocketServer({ server });
    await using upstream = await listenAsUpstream(server);
    const routes = [route(upstream), route(upstream, { prefix: '/ws', upgrade: true })];
    await using opened = await startTestGate(upstream, { routes, limits: { clientConcurrency: 2 } });
    const open = [1, 2].map(() => new WebSocket(`ws://127.0.0.1:${opened.port}/ws`));
    await Promise.all(open.map((socket) => once(socket, 'open')));

    assert.equal((await exchangeRaw(opened.port, GET)).code, 'too_many_requests_at_once');
    const third = new WebSocket(`ws://127.0.0.1:${opened.port}/ws`);
    const [error] = await once(third, 'error');
    assert.match(String(error), /429/);

    for (const socket of open) socket.terminate();
    await untilStatus(200, () => exchangeRaw(opened.port, GET));
    sockets.close();
  });

  it('limits nothing where the limits are 0', async () => {
    await using upstream = await startUpstream(echo);
    await using opened = await startTestGate(upstream, {
      limits: { clientRatePerSecond: 0, clientBurst: 0, clientConcurrency: 0 },
    });
    const answers = await Promise.all(Array.from({ length: 100 }, () => exchangeRaw(opened.port, GET)));
    assert.ok(answers.every(({ status }) => status === 200));
  });
});

describe('ClientLimits', () => {
  const limits: GateOptions['limits'] = {
    maxHeaderBytes: 1,
    headerTimeoutMs: 1,
    maxBodyBytes: 1,
    idleTimeoutMs: 1,
    upstreamTimeoutMs: 1,
    holdMs: 1,
    maxConnections: 1,
    clientRatePerSecond: 10,
    clientBurst: 3,
    clientConcurrency: 2,
    minBodyBytesPerSecond: 0,
    pingMs: 0,
  };
  const silent = createLog('gate', 'silent');
  const address = (index: number) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;

  it('gives a burst, then the rate, and never more than a burst for a wait', () => {
    const clients = new ClientLimits({ ...limits, clientConcurrency: 0 }, silent);
    const passes = (nowMs: number, times: number) =>
      Array.from({ length: times }, () => {
        try {
          clients.enter('192.0.2.1', nowMs).leave();
          return true;
        } catch {
          return false;
        }
      }).filter(Boolean).length;
    assert.equal(passes(0, 9), 3);
    assert.equal(passes(99, 9), 0);
    assert.equal(passes(100, 9), 1);
    assert.equal(passes(300, 9), 2);
    assert.equal(passes(3_600_000, 9), 3);
  });

  it('does not grow with the number of addresses', () => {
    const clients = new ClientLimits(limits, silent);
    for (let index = 0; index < 200_000; index += 1) clients.enter(address(index), index).leave();
    assert.ok(clients.size <= 2 * 8_192, `${clients.size} clients are remembered`);
  });

  it('remembers who has requests under way, however many others come', () => {
    const clients = new ClientLimits(limits, silent);
    const first = clients.enter('192.0.2.1', 0);
    clients.enter('192.0.2.1', 0);
    for (let index = 0; index < 100_000; index += 1) clients.enter(address(index), index).leave();
    assert.throws(() => clients.enter('192.0.2.1', 100_000), { code: 'too_many_requests_at_once' });
    first.leave();
    clients.enter('192.0.2.1', 100_000);
  });

  it('says who is limited, and which setting helps, but not in every case', () => {
    const lines: string[] = [];
    const log = createLog('gate', 'warn', { write: (line) => void lines.push(line) });
    const clients = new ClientLimits({ ...limits, clientConcurrency: 0 }, log);
    for (let sent = 0; sent < 50; sent += 1) {
      try {
        clients.enter('10.0.0.9', 0).leave();
      } catch (thrown) {
        assert.match(String(thrown), /10 requests a second/);
      }
    }
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /10\.0\.0\.9 sends over 10 requests a second .*TRUSTED_PROXY_HOPS/);
  });

  const networks = [
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::', '2001:db8:1:2'],
    ['2001:db8:1::5', '2001:db8:1:0'],
    ['2001:db8:1:0:3:4:5:6', '2001:db8:1:0'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:db8::7:0:0:0:1', '2001:db8:0:7'],
    ['::1', '0:0:0:0'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
  ] as const;
  for (const [text, network] of networks) {
    it(`takes ${text} for ${network}`, () => assert.equal(networkOf(text), network));
  }
});

async function untilStatus(status: number, ask: () => Promise<{ status: number }>): Promise<void> {
  const untilMs = performance.now() + 10_000;
  let last = 0;
  while (last !== status && performance.now() < untilMs) last = (await ask()).status;
  assert.equal(last, status);
}
