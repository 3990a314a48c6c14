import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';
import { describeGates } from '../../../support/gate/describe-gates.ts';
import { shareGate } from '../../../support/gate/share-gate.ts';
import {
  echo,
  exchangeRaw,
  listenAsUpstream,
  route,
  startUpstream,
  waitFor,
} from '../../../support/gate/test-gate.ts';
import { until } from '../../../support/until.ts';

/** Each test is a client of its own, so that all can share a gate. */
const from = (client: string, path = '/api') =>
  `GET ${path} HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: ${client}\r\n\r\n`;

describeGates('gate, a limit on the rate of a client', (gateUnderTest) => {
  const burst = shareGate(gateUnderTest, () => ({
    trustedProxyHops: 1,
    limits: { clientRatePerSecond: 1, clientBurst: 5 },
  }));
  const gate = shareGate(gateUnderTest, (upstream) => ({
    trustedProxyHops: 1,
    routes: [route(upstream), route(upstream, { prefix: '/health', exact: true, holds: false })],
    limits: { clientRatePerSecond: 1, clientBurst: 1, clientConcurrency: 40 },
  }));

  const quick = shareGate(gateUnderTest, () => ({
    trustedProxyHops: 1,
    limits: { clientRatePerSecond: 5, clientBurst: 1 },
  }));

  it('answers 429 with Retry-After to a client beyond its burst and rate, and to no other', async () => {
    const startedMs = performance.now();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => exchangeRaw(burst.port, from('203.0.113.7'))),
    );

    const passed = answers.filter(({ status }) => status === 200).length;
    const earned = (performance.now() - startedMs) / 1_000;
    assert.ok(passed >= 5 && passed <= 5 + 1 + earned, `${passed} passed`);
    const refused =
      answers.find(({ status }) => status === 429) ?? (await untilRefused(burst.port, from('203.0.113.7')));
    assert.equal(refused.code, 'rate_limited');
    assert.match(refused.head, /^retry-after: 1$/im);
    assert.match(refused.head, /^content-type: application\/problem\+json/im);
    assert.equal((await exchangeRaw(burst.port, from('203.0.113.8'))).status, 200);
  });

  it('lets a client on again once it has waited', async () => {
    await untilRefused(quick.port, from('203.0.113.9'));
    await untilStatus(200, () => exchangeRaw(quick.port, from('203.0.113.9')));
  });

  it('never limits /health and /health/live', async () => {
    const client = '203.0.113.10';
    await untilRefused(gate.port, from(client));
    for (const path of ['/health', '/health/live', '/health', '/health/live']) {
      const { status } = await exchangeRaw(gate.port, from(client, path));
      assert.equal(status, 200, path);
    }
  });

  for (const [network, other] of [
    ['2001:db8:5:6::', '2001:db8:5:7::1'],
    ['2001:db8::', '2001:db8:0:1::1'],
  ] as const) {
    it(`counts the addresses of ${network}/64 as one client`, async () => {
      const startedMs = performance.now();
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, last) =>
          exchangeRaw(gate.port, from(`${network}${(last + 1).toString(16)}`)),
        ),
      );
      const passed = answers.filter(({ status }) => status === 200).length;
      const earned = (performance.now() - startedMs) / 1_000;
      assert.ok(passed >= 1 && passed <= 2 + earned, `${passed} passed`);
      assert.equal((await exchangeRaw(gate.port, from(other))).status, 200);
    });
  }
});

describeGates('gate, a limit on the requests that a client has under way', (gateUnderTest) => {
  const gate = shareGate(gateUnderTest, (upstream) => ({
    trustedProxyHops: 1,
    routes: [route(upstream), route(upstream, { prefix: '/health', exact: true, holds: false })],
    limits: { clientConcurrency: 2 },
  }));

  it('answers 429 to more of them, until one is over, but not to health checks', async () => {
    const get = from('203.0.113.1');
    const answers: ServerResponse[] = [];
    gate.answerWith((incoming, response) => {
      if (incoming.url === '/health') echo(incoming, response);
      else answers.push(response);
    });
    const held = [1, 2].map(() => exchangeRaw(gate.port, get));
    await waitFor(() => answers.length === 2, 'two requests under way');

    const { status, code, head } = await exchangeRaw(gate.port, get);
    assert.deepEqual([status, code], [429, 'too_many_requests_at_once']);
    assert.match(head, /^retry-after: 1$/im);
    for (const path of ['/health', '/health/live'])
      assert.equal((await exchangeRaw(gate.port, from('203.0.113.1', path))).status, 200, path);

    for (const answer of answers) answer.end('ok');
    for (const one of held) assert.equal((await one).status, 200);
    gate.answerWith(echo);
    await untilStatus(200, () => exchangeRaw(gate.port, get));
  });

  it('forgets a request whose client has left', async () => {
    let open = 0;
    gate.answerWith((_request, response) => {
      open += 1;
      response.on('close', () => {
        open -= 1;
      });
    });
    const client = '203.0.113.2';
    const abort = new AbortController();
    const headers = { 'x-forwarded-for': client };
    const gone = [1, 2].map(() =>
      fetch(`${gate.origin}/api`, { signal: abort.signal, headers }).catch(() => 'gone'),
    );
    await waitFor(() => open === 2, 'the requests under way');
    abort.abort();
    await Promise.all(gone);
    await waitFor(() => open === 0, 'the upstream to lose its clients');

    gate.answerWith(echo);
    await untilStatus(200, () => exchangeRaw(gate.port, from(client)));
  });

  it('counts open WebSockets among them', async () => {
    const server = createServer(echo);
    const sockets = new WebSocketServer({ server });
    await using upstream = await listenAsUpstream(server);
    const routes = [route(upstream), route(upstream, { prefix: '/ws', upgrade: true })];
    await using opened = await gateUnderTest.startTestGate(upstream, {
      routes,
      limits: { clientConcurrency: 2 },
    });
    const get = 'GET /api HTTP/1.1\r\nHost: h\r\n\r\n';
    const open = [1, 2].map(() => new WebSocket(`ws://127.0.0.1:${opened.port}/ws`));
    await Promise.all(open.map((socket) => once(socket, 'open')));

    assert.equal((await exchangeRaw(opened.port, get)).code, 'too_many_requests_at_once');
    const third = new WebSocket(`ws://127.0.0.1:${opened.port}/ws`);
    const [error] = await once(third, 'error');
    assert.match(String(error), /429/);

    for (const socket of open) socket.terminate();
    await untilStatus(200, () => exchangeRaw(opened.port, get));
    sockets.close();
  });
});

describeGates('gate, limits per client', ({ startTestGate }) => {
  it('limits nothing where the limits are 0', async () => {
    await using upstream = await startUpstream(echo);
    await using opened = await startTestGate(upstream, {
      limits: { clientRatePerSecond: 0, clientBurst: 0, clientConcurrency: 0 },
    });
    const get = 'GET /api HTTP/1.1\r\nHost: h\r\n\r\n';
    const answers = await Promise.all(Array.from({ length: 100 }, () => exchangeRaw(opened.port, get)));
    assert.ok(answers.every(({ status }) => status === 200));
  });
});

async function untilStatus(status: number, ask: () => Promise<{ status: number }>): Promise<void> {
  await until(`the answer is ${status}`, async () => (await ask()).status === status);
}

/** Asks more at once than a client may, until the gate refuses one: on a slow machine a client earns a request for each. */
async function untilRefused(port: number, text: string) {
  return await until('a request is refused', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => exchangeRaw(port, text)));
    return answers.find(({ status }) => status === 429);
  });
}
