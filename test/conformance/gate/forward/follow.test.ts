import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, createServer, type RequestListener, request, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { freePort } from '../../../support/free-port.ts';
import { countRefusals } from '../../../support/gate/count-refusals.ts';
import { describeGates } from '../../../support/gate/describe-gates.ts';
import {
  exchangeRaw,
  listenAsUpstream,
  RawClient,
  route,
  startUpstream,
  type Upstream,
  waitFor,
} from '../../../support/gate/test-gate.ts';
import { until } from '../../../support/until.ts';

const CONNECTIONS = 20;
/** Of a load, so that each connection carries several. */
const MANY = 5 * CONNECTIONS;
const GET = 'GET /api HTTP/1.1\r\nHost: h\r\n\r\n';

describeGates('gate, when a service moves', ({ startTestGate, differs }) => {
  it(`sends a load of ${CONNECTIONS} connections to the new port without an error, and lets the old one close`, async () => {
    const before = await startNamed('before');
    await using after = await startNamed('after');
    await using gate = await startTestGate(before);
    await using load = startLoad(gate.port);
    await waitFor(() => load.count('before') > MANY, 'a load on the old port');

    gate.updateRoutes([route(after)]);
    await waitFor(() => load.count('after') > MANY, 'a load on the new port');
    await waitFor(() => before.openSockets() === 0, 'the connections to the old port to close');
    const last = load.count('before');
    await before[Symbol.asyncDispose]();
    const moved = load.count('after');
    await waitFor(() => load.count('after') > moved + MANY, 'more load on the new port');

    const closed = differs('moved', {
      node: /^$/,
      nginx: /^(?:GET|POST): (?:socket hang up|read ECONNRESET)$/,
    });
    const errors = load.errors.filter((error) => !closed.test(error));
    assert.deepEqual(errors, []);
    assert.ok(load.errors.length <= CONNECTIONS, 'a connection was closed more than once');
    assert.equal(load.count('before'), last);
  });

  it('finishes what is under way where it is, and sends what comes later on', async () => {
    let answer: ServerResponse | undefined;
    await using before = await startUpstream((_request, response) => {
      if (answer !== undefined) {
        response.end('before');
        return;
      }
      answer = response;
      response.write('before ');
    });
    await using after = await startNamed('after');
    await using gate = await startTestGate(before);
    using client = new RawClient(gate.port);
    await client.send(GET).until(/before /);

    gate.updateRoutes([route(after)]);
    await untilBody(gate.port, /after/);
    answer?.end('the end');

    assert.match(await client.until(/the end/), /before [\s\S]*the end/);
  });

  it(
    differs('moved', {
      node: 'sends those along who wait for the service',
      nginx: 'sends those away who wait for the service, to come back',
    }),
    async () => {
      await using after = await startNamed('after');
      const nowhere = { host: '127.0.0.1', port: await freePort() };
      // Far longer than the test waits: nobody may wait for the old port to the end.
      await using gate = await startTestGate(nowhere, { limits: { holdMs: 120_000 } });
      using get = new RawClient(gate.port);
      using post = new RawClient(gate.port);
      using refusals = countRefusals(nowhere.port);
      get.send(GET);
      post.send('POST /api HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello');
      await Promise.all([once(get.socket, 'connect'), once(post.socket, 'connect')]);
      await exchangeRaw(gate.port, GET.replace('/api', '/health/live'));
      // Waiting shows in nothing but the want of an answer, and in the attempts to reach the service.
      await refusals.until(4);
      assert.equal(get.received + post.received, '');

      gate.updateRoutes([route(after)]);

      const answer = differs('moved', {
        node: /^HTTP\/1\.1 200 [\s\S]*after/,
        nginx: /^HTTP\/1\.1 503 [\s\S]*retry-after: 1[\s\S]*service_unavailable/i,
      });
      await Promise.all([get.until(answer), post.until(answer)]);
      await untilBody(gate.port, /after/);
    },
  );

  it('opens WebSockets at the new port, and keeps those that are open', async () => {
    await using before = await startSockets('before');
    await using after = await startSockets('after');
    const routes = (upstream: Upstream) => [route(upstream, { prefix: '/ws', upgrade: true })];
    await using gate = await startTestGate(before, { routes: routes(before) });
    const old = await greeted(gate.port, 'before');

    gate.updateRoutes(routes(after));
    await until('a new WebSocket opens at the new port', async () => {
      const fresh = new WebSocket(`ws://127.0.0.1:${gate.port}/ws`);
      const greeting = String((await once(fresh, 'message'))[0]);
      fresh.terminate();
      return greeting === 'after';
    });

    old.send('echo');
    assert.equal(String((await once(old, 'message'))[0]), 'echo');
    old.terminate();
  });

  it('takes routes that are new, and drops those that have gone', async () => {
    await using api = await startNamed('api');
    await using sandbox = await startNamed('sandbox');
    await using gate = await startTestGate(api);
    const at = (path: string) => exchangeRaw(gate.port, GET.replace('/api', path));
    assert.equal((await at('/sandbox')).status, 404);
    assert.equal((await at('/api')).body, 'api');
    assert.equal(api.openSockets(), 1);

    gate.updateRoutes([route(sandbox, { service: 'sandbox', prefix: '/sandbox' })]);
    await untilBody(gate.port, /sandbox/, '/sandbox');
    await untilBody(gate.port, /route_unknown/, '/api');
    await waitFor(() => api.openSockets() === 0, 'the connections to the service that has gone to close');
  });

  it('keeps the connections to a service that stays', async () => {
    await using api = await startNamed('api');
    await using before = await startNamed('before');
    await using after = await startNamed('after');
    const sandbox = (upstream: Upstream) => route(upstream, { service: 'sandbox', prefix: '/sandbox' });
    await using gate = await startTestGate(api, { routes: [route(api), sandbox(before)] });
    await untilBody(gate.port, /api/);
    await untilBody(gate.port, /before/, '/sandbox');

    gate.updateRoutes([route(api), sandbox(after)]);
    await untilBody(gate.port, /after/, '/sandbox');
    await untilBody(gate.port, /api/);
  });

  it('follows from the first moment on', async () => {
    await using before = await startNamed('before');
    await using after = await startNamed('after');
    await using gate = await startTestGate(before);
    gate.updateRoutes([route(after)]);
    await untilBody(gate.port, /after/);
  });
});

/** A service that answers with its name, and knows its connections. */
async function startNamed(name: string) {
  const sockets = new Set<Socket>();
  const listener: RequestListener = (incoming, response) => {
    incoming.resume().on('end', () => response.end(name));
  };
  const upstream = await startUpstream(listener);
  // So that it is not idleness which closes them.
  upstream.server.keepAliveTimeout = 120_000;
  upstream.server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  return { ...upstream, openSockets: () => sockets.size };
}

async function startSockets(greeting: string): Promise<Upstream> {
  const server = createServer();
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => {
    socket.send(greeting);
    socket.on('message', (data) => socket.send(String(data)));
    socket.on('error', () => socket.terminate());
  });
  return listenAsUpstream(server);
}

async function greeted(port: number, greeting: string): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  assert.equal(String((await once(socket, 'message'))[0]), greeting);
  return socket;
}

/** A gate may take a moment to follow: the one in TypeScript none, nginx until its new workers run. */
async function untilBody(port: number, pattern: RegExp, path = '/api'): Promise<void> {
  const ask = () => exchangeRaw(port, GET.replace('/api', path));
  await until(`${path} answers with ${pattern}`, async () => pattern.test((await ask()).body));
}

/** GET and POST in turn, on so many connections, each as fast as answers come. */
function startLoad(port: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const counts = new Map<string, number>();
  const errors: string[] = [];
  let isOver = false;
  const ask = (method: string) =>
    new Promise<void>((resolve) => {
      const failed = (what: string): void => {
        errors.push(`${method}: ${what}`);
        resolve();
      };
      const asked = request({ agent, port, host: '127.0.0.1', path: '/api', method }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (more: string) => {
          text += more;
        });
        answer.on('error', (error) => failed(error.message));
        answer.on('end', () => {
          if (answer.statusCode !== 200) errors.push(`${method}: ${answer.statusCode} ${text}`);
          counts.set(text, (counts.get(text) ?? 0) + 1);
          resolve();
        });
      });
      asked.on('error', (error) => failed(error.message));
      asked.end(method === 'POST' ? 'hello' : undefined);
    });
  const clients = Array.from({ length: CONNECTIONS }, async (_, index) => {
    for (let turn = index; !isOver; turn += 1) await ask(turn % 2 === 0 ? 'GET' : 'POST');
  });
  return {
    errors,
    count: (name: string) => counts.get(name) ?? 0,
    async [Symbol.asyncDispose]() {
      isOver = true;
      await Promise.all(clients);
      agent.destroy();
    },
  };
}
