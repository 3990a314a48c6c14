import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { freePort } from '../../../support/free-port.ts';
import { describeGates } from '../../../support/gate/describe-gates.ts';
import { shareSocketKit, startSocketKit } from '../../../support/gate/socket-kit.ts';
import {
  exchangeRaw,
  listenAsUpstream,
  RawClient,
  route,
  SECRET,
  startUpstream,
  waitFor,
} from '../../../support/gate/test-gate.ts';

/** A limit that passes in a test. */
const LIMIT_MS = 100;
const HANDSHAKE =
  'GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

describeGates('gate, WebSocket upgrades', (gateKind) => {
  const kit = shareSocketKit(gateKind);
  const { startTestGate, differs } = gateKind;
  it('tunnels messages both ways, text and binary, small and large', async () => {
    const client = new WebSocket(`ws://127.0.0.1:${kit.port}/ws?after=7`);
    await once(client, 'open');

    for (const message of ['hello', 'x'.repeat(70_000), 'y'.repeat(200)]) {
      client.send(message);
      const [data] = await once(client, 'message');
      assert.equal(String(data), message);
    }

    assert.equal(kit.requests[0]?.url, '/ws?after=7');
    client.terminate();
  });

  it('gives the upstream cleaned headers, the secret and the forwarding fields', async () => {
    using client = new RawClient(kit.port);

    client.send(
      `${HANDSHAKE}Trailer: X\r\nTE: trailers\r\nX-Gatehouse-Secret: forged\r\nX-Forwarded-For: 6.6.6.6\r\nX-Own: kept\r\n\r\n`,
    );
    await client.until(/101 Switching Protocols[\s\S]*\r\n\r\n/);

    const headers = kit.requests[0]?.headers ?? {};
    assert.equal(headers['x-gatehouse-secret'], SECRET);
    assert.equal(headers['x-forwarded-for'], '127.0.0.1');
    assert.equal(headers['x-own'], 'kept');
    assert.equal(headers.trailer, undefined);
    assert.equal(headers.te, undefined);
  });

  it('gives the client cleaned headers, and no secret', async () => {
    const lines = `Keep-Alive: timeout=5\r\nX-Gatehouse-Secret: ${SECRET}\r\nX-Own: kept\r\n\r\n`;
    const switching = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${lines}`;
    const server = createServer().on('upgrade', (_request, socket) => socket.write(switching));
    await using upstream = await listenAsUpstream(server);
    const routes = [route(upstream, { prefix: '/ws', upgrade: true })];
    await using gate = await startTestGate(upstream, { routes });
    using client = new RawClient(gate.port);

    const received = await client.send(`${HANDSHAKE}\r\n`).until(/^HTTP\/1\.1 101 [\s\S]*\r\n\r\n/);

    assert.match(received, /^X-Own: kept$/im);
    assert.doesNotMatch(received, /keep-alive|secret/i);
  });

  it('closes the upstream side when the client goes without a farewell', async () => {
    const client = new WebSocket(`ws://127.0.0.1:${kit.port}/ws`);
    await once(client, 'open');

    client.terminate();

    await waitFor(() => kit.sockets.clients.size === 0, 'the upstream to lose its client');
  });

  it('closes the client side when the upstream dies', async () => {
    const client = new WebSocket(`ws://127.0.0.1:${kit.port}/ws`);
    await once(client, 'open');

    for (const socket of kit.sockets.clients) socket.terminate();

    const [code] = await once(client, 'close');
    assert.equal(code, 1006);
  });

  it('passes the answer of an upstream that does not switch', async () => {
    await using upstream = await startUpstream((_request, response) => {
      response.writeHead(401, { 'x-why': 'no key' }).end('go away');
    });
    await using gate = await startTestGate(upstream, {
      routes: [route(upstream, { prefix: '/ws', upgrade: true })],
    });
    using client = new RawClient(gate.port);

    const received = await client.send(`${HANDSHAKE}\r\n`).until(/go away/);

    assert.match(received, /^HTTP\/1\.1 401 /);
    assert.match(received, /x-why: no key/);
    assert.match(received, /go away/);
  });

  it('never tunnels to an upstream that switches to another protocol', async () => {
    const server = createServer();
    server.on('upgrade', (_request, socket) => {
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\nsecret bytes',
      );
    });
    await using upstream = await listenAsUpstream(server);
    await using gate = await startTestGate(upstream, {
      routes: [route(upstream, { prefix: '/ws', upgrade: true })],
    });
    using client = new RawClient(gate.port);

    if (differs('tunnel', { node: true, nginx: false }))
      assert.equal(await client.send(`${HANDSHAKE}\r\n`).untilClosed(), '');
    else assert.match(await client.send(`${HANDSHAKE}\r\n`).until(/secret bytes/), /^HTTP\/1\.1 101 /);
  });

  it('passes no byte of the client before the upstream has switched', async () => {
    let early = '';
    let answer: () => void = () => assert.fail('no upgrade arrived');
    const server = createServer();
    server.on('upgrade', (_request, socket, head) => {
      early += head.toString();
      socket.on('data', (chunk: Buffer) => {
        early += chunk.toString();
      });
      answer = () =>
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    });
    await using upstream = await listenAsUpstream(server);
    await using gate = await startTestGate(upstream, {
      routes: [route(upstream, { prefix: '/ws', upgrade: true })],
    });
    using client = new RawClient(gate.port);
    const arrived = once(server, 'upgrade');

    client.send(`${HANDSHAKE}\r\nEARLY`);
    await arrived;
    const beforeSwitch = early;
    answer();
    await client.until(/101/);
    await waitFor(() => early === 'EARLY', 'the early bytes');

    assert.equal(beforeSwitch, '');
  });

  it('answers 503 with Retry-After when the upstream stays away', async () => {
    const upstream = { host: '127.0.0.1', port: await freePort() };
    const routes = [route(upstream, { prefix: '/ws', upgrade: true })];
    await using gate = await startTestGate(upstream, { routes, limits: { holdMs: LIMIT_MS } });

    const { status, head, code } = await exchangeRaw(gate.port, `${HANDSHAKE}\r\n`);

    assert.equal(status, 503);
    assert.equal(code, 'service_unavailable');
    assert.match(head, /retry-after: \d+/);
  });

  it('answers 504 when the upstream never answers the upgrade', async () => {
    const server = createServer();
    server.on('upgrade', (_request, socket) => socket.resume());
    await using upstream = await listenAsUpstream(server);
    const routes = [route(upstream, { prefix: '/ws', upgrade: true })];
    await using gate = await startTestGate(upstream, { routes, limits: { upstreamTimeoutMs: LIMIT_MS } });

    using client = new RawClient(gate.port);
    const arrived = once(server, 'upgrade');
    client.send(`${HANDSHAKE}\r\n`);

    if (differs('tunnel', { node: true, nginx: false }))
      assert.match(await client.until(/service_silent/), /^HTTP\/1\.1 504 /);
    else {
      await arrived;
      // Longer than the limit, so that an answer would have come.
      await sleep(3 * LIMIT_MS);
      assert.equal(client.received, '');
    }
    server.closeAllConnections();
  });

  it('gives up the upstream side when the client leaves before the switch', async () => {
    let isGone = false;
    const server = createServer();
    server.on('upgrade', (_request, socket) => {
      socket.resume();
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        isGone = true;
      });
      socket.on('end', () => socket.end());
    });
    await using upstream = await listenAsUpstream(server);
    await using gate = await startTestGate(upstream, {
      routes: [route(upstream, { prefix: '/ws', upgrade: true })],
    });
    const arrived = once(server, 'upgrade');
    using client = new RawClient(gate.port);

    client.send(`${HANDSHAKE}\r\n`);
    await arrived;
    client.socket.end();

    await waitFor(() => isGone, 'the upstream side to go');
  });

  it('says 1001 to clients when the gate drains, even amid a frame, and the upstream hears it', async () => {
    // nginx waits for the whole time.
    const drainMs = differs('drain', { node: 60_000, nginx: 300 });
    await using kit = await startSocketKit(gateKind, { drainMs });
    const client = new WebSocket(`ws://127.0.0.1:${kit.gate.port}/ws`);
    await once(client, 'open');
    const [upstreamSocket] = kit.sockets.clients;
    assert.ok(upstreamSocket !== undefined);
    const upstreamClosed = once(upstreamSocket, 'close');

    const closed = once(client, 'close');
    await kit.gate.drain();

    const code = differs('drain', { node: 1001, nginx: 1006 });
    assert.equal((await closed)[0], code);
    assert.equal((await upstreamClosed)[0], code);
  });
});
