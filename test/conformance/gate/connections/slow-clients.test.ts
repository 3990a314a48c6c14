import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeGates, type GateUnderTest } from '../../../support/gate/describe-gates.ts';
import { drip, dripping, endless, sipping, talkWithoutEnd } from '../../../support/gate/dripping.ts';
import { HandClock } from '../../../support/gate/hand-clock.ts';
import {
  listenAsUpstream,
  RawClient,
  route,
  startUpstream,
  waitFor,
} from '../../../support/gate/test-gate.ts';
import { undisturbed } from '../../../support/undisturbed.ts';

/** By the clock of the test: silence is allowed that long, and a body may be slow that long before it must have its rate. */
const IDLE_MS = 60_000;
const STEP_MS = 1_000;
const FAST = 20_000_000;
/** By the clock on the wall: a limit, and more than that. */
const NGINX_IDLE_MS = 1_500;
const NGINX_LONG_MS = 2_000;
const DEAF_MS = 1_500;
/** A service that rests after each piece takes longer than the limit for so many bytes. */
const SLOW_BYTES = 2 * 1024 * 1024;
const REST_MS = 75;
/** Less than the endless answer brings, and buffers of some MB empty within the limit. */
const SIPPED_BYTES_PER_SECOND = 6_000_000;

const DRIPS = [
  ['a body of known length', 'Content-Length: 100000\r\n\r\n', 'x'],
  ['a chunked body', 'Transfer-Encoding: chunked\r\n\r\n', '1\r\nx\r\n'],
  ['a chunk extension, which is no body', 'Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n5;a', 'a'],
] as const;
const GET = 'GET /api HTTP/1.1\r\nHost: h\r\n\r\n';
const HANDSHAKE = 'GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const MASKED_PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);

describeGates('gate, slow clients', ({ startTestGate, differs }) => {
  let toDeafService: Promise<string>;
  before(() => {
    // It waits for the clock on the wall, while the other tests run.
    toDeafService = undisturbed(DEAF_MS, () => askDeafService(startTestGate));
    toDeafService.catch(() => undefined);
  });

  if (differs('slowBodies', { node: false, nginx: true }))
    it('lets bodies, answers, event streams and WebSockets go on that drip, and blames no client for a slow service', () =>
      undisturbed(NGINX_IDLE_MS, () => dripOnNginx(startTestGate)));

  if (differs('slowBodies', { node: true, nginx: false })) describeDripping(startTestGate);

  it('answers 504 for a service that stops reading a body', async () => {
    assert.match(await toDeafService, /^HTTP\/1\.1 504 /);
  });
});

async function dripOnNginx(startTestGate: GateUnderTest['startTestGate']): Promise<void> {
  const gone: string[] = [];
  const server = createServer((request, response) => {
    response.on('close', () => gone.push(request.url ?? ''));
    if (request.url === '/api/endless') endless(request, response);
    else if (request.url === '/api/events') saySometimes(response);
    else if (request.url === '/api/slow') readSlowly(request, response);
    else request.resume();
  });
  server.on('upgrade', (_request, socket) => {
    talkWithoutEnd(socket);
    socket.on('close', () => gone.push('the WebSocket'));
  });
  await using upstream = await listenAsUpstream(server);
  await using gate = await startTestGate(upstream, {
    routes: [route(upstream), route(upstream, { prefix: '/ws', upgrade: true })],
    limits: { idleTimeoutMs: NGINX_IDLE_MS, minBodyBytesPerSecond: FAST, maxBodyBytes: SLOW_BYTES },
  });
  using stack = new DisposableStack();
  const posts = DRIPS.map(([, headers, drop]) => {
    const client = stack.use(new RawClient(gate.port));
    client.send(`POST /api HTTP/1.1\r\nHost: h\r\n${headers}`);
    stack.use(dripping(client, drop));
    return client;
  });
  const reader = stack.use(new RawClient(gate.port));
  reader.send(GET.replace('/api', '/api/endless'));
  stack.use(sipping(reader, SIPPED_BYTES_PER_SECOND));
  const socket = stack.use(new RawClient(gate.port));
  await socket.send(HANDSHAKE).until(/101/);
  socket.socket.pause();
  stack.use(dripping(socket, MASKED_PONG));
  const listener = stack.use(new RawClient(gate.port));
  await listener.send(GET.replace('/api', '/api/events')).until(/:\n\n/);
  const uploader = stack.use(new RawClient(gate.port));
  uploader.send(`POST /api/slow HTTP/1.1\r\nHost: h\r\nContent-Length: ${SLOW_BYTES}\r\n\r\n`);
  uploader.send(Buffer.alloc(SLOW_BYTES, 'x'));

  await Promise.all([sleep(NGINX_LONG_MS), uploader.until(/whole/)]);

  assert.deepEqual(
    posts.map(({ received }) => received),
    ['', '', ''],
  );
  assert.equal(listener.isClosed, false);
  // The answer to the upload has ended, and nothing else.
  assert.deepEqual(gone, ['/api/slow']);
}

function describeDripping(startTestGate: GateUnderTest['startTestGate']): void {
  for (const [what, headers, drop] of DRIPS) {
    it(`cuts ${what}, with 408`, async () => {
      let isAborted = false;
      await using upstream = await startUpstream((request) => {
        request.resume().on('error', () => {
          isAborted = true;
        });
      });
      const limits = { idleTimeoutMs: IDLE_MS, minBodyBytesPerSecond: 1_000 };
      const clock = new HandClock();
      await using gate = await clock.start(() => startTestGate(upstream, { limits }));
      using client = new RawClient(gate.port);
      const arrived = once(upstream.server, 'request');
      client.send(`POST /api HTTP/1.1\r\nHost: h\r\n${headers}${drop}`);
      await arrived;
      await clock.pass(IDLE_MS / 2);
      assert.equal(client.received, '');
      await drip(clock, client, drop, () => /request_timeout/.test(client.received));
      assert.match(client.received, /^HTTP\/1\.1 408 [\s\S]*request_timeout/);
      assert.match(client.received, /^connection: close$/im);
      await waitFor(() => isAborted, 'the upstream to see the abort');
    });
  }

  it('cuts a body that came fast for a while: nothing is saved up', async () => {
    let bytes = 0;
    await using upstream = await startUpstream((request) => {
      request.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
    });
    const limits = { idleTimeoutMs: IDLE_MS, minBodyBytesPerSecond: 100 };
    const clock = new HandClock();
    await using gate = await clock.start(() => startTestGate(upstream, { limits }));
    using client = new RawClient(gate.port);
    const arrived = once(upstream.server, 'request');
    client.send('POST /api HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\nx');
    await arrived;
    await clock.pass(IDLE_MS / 2);
    // Enough for 500 s.
    client.send('x'.repeat(50_000));
    await waitFor(() => bytes === 50_001, 'the bytes at the service');
    await clock.pass(IDLE_MS / 2);

    await drip(clock, client, 'x', () => /request_timeout/.test(client.received));
  });

  it('lets a body come slowly that keeps to the rate', async () => {
    let bytes = 0;
    await using upstream = await startUpstream((request, response) => {
      request.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      request.on('end', () => response.end('whole'));
    });
    const limits = { idleTimeoutMs: IDLE_MS, minBodyBytesPerSecond: 500 };
    const clock = new HandClock();
    await using gate = await clock.start(() => startTestGate(upstream, { limits }));
    using client = new RawClient(gate.port);
    const drops = (3 * IDLE_MS) / STEP_MS;
    client.send(`POST /api HTTP/1.1\r\nHost: h\r\nContent-Length: ${550 * drops}\r\n\r\n`);
    for (let drop = 1; drop <= drops; drop += 1) {
      client.send('x'.repeat(550));
      await waitFor(() => bytes === 550 * drop || client.isClosed, 'the bytes at the service');
      await clock.pass(STEP_MS);
    }
    await client.until(/whole/);
  });

  it('blames no client for a service that reads slowly', async () => {
    const bytes = 20 * 1024 * 1024;
    await using upstream = await startUpstream((request, response) => {
      request.pause().on('end', () => response.end('whole'));
    });
    const limits = { idleTimeoutMs: IDLE_MS, minBodyBytesPerSecond: FAST, maxBodyBytes: bytes };
    const clock = new HandClock();
    await using gate = await clock.start(() => startTestGate(upstream, { limits }));
    using client = new RawClient(gate.port);
    const arrived = once(upstream.server, 'request');
    client.send(`POST /api HTTP/1.1\r\nHost: h\r\nContent-Length: ${bytes}\r\n\r\n`);
    client.send(Buffer.alloc(bytes, 'x'));
    const [request] = await arrived;
    // The first steps pass while the gate still waits for the client, until the service has filled all buffers.
    for (let passedMs = 0; passedMs < 4 * IDLE_MS; passedMs += STEP_MS) {
      await sleep(2);
      await clock.pass(STEP_MS);
    }
    request.resume();
    await client.until(/whole/);
    assert.match(client.received, /^HTTP\/1\.1 200 /);
  });
}

/** Says a little on an event stream, again and again within the limit. */
function saySometimes(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const timer = setInterval(() => response.write(':\n\n'), NGINX_IDLE_MS / 10);
  response.on('close', () => clearInterval(timer));
}

function readSlowly(request: IncomingMessage, response: ServerResponse): void {
  request.on('data', () => {
    request.pause();
    setTimeout(() => request.resume(), REST_MS);
  });
  request.on('end', () => response.end('whole'));
}

/** What a client gets that sends a body to a service which does not read it. */
async function askDeafService(startTestGate: GateUnderTest['startTestGate']): Promise<string> {
  const bytes = 30_000_000;
  await using upstream = await startUpstream((request) => request.pause());
  await using gate = await startTestGate(upstream, {
    limits: { idleTimeoutMs: DEAF_MS, maxBodyBytes: bytes },
  });
  using client = new RawClient(gate.port);
  client.send(`POST /api HTTP/1.1\r\nHost: h\r\nContent-Length: ${bytes}\r\n\r\n`);
  client.send(Buffer.alloc(bytes, 'x'));
  return await client.until(/service_silent/);
}
