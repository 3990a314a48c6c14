import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeGates } from '../../../support/gate/describe-gates.ts';
import {
  listenAsUpstream,
  RawClient,
  route,
  startUpstream,
  waitFor,
} from '../../../support/gate/test-gate.ts';

/** Silence is allowed that long, and a body may be slow that long before it must have its rate. */
const IDLE_MS = 800;
/** Between two bytes that drip: no silence. */
const DRIP_MS = 50;
/** When all that drips should have been cut, and so time enough for what must not be. */
const LONG_MS = 3 * IDLE_MS;
const FAST = 20_000_000;

describeGates('gate, clients that drip a body', ({ startTestGate, differs, name }) => {
  const drips = [
    ['a body of known length', 'Content-Length: 100000\r\n\r\n', 'x'],
    ['a chunked body', 'Transfer-Encoding: chunked\r\n\r\n', '1\r\nx\r\n'],
    ['a chunk extension, which is no body', 'Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n5;a', 'a'],
  ] as const;
  for (const [what, headers, drop] of drips) {
    it(differs('slowBodies', { node: `cuts ${what}, with 408`, nginx: `lets ${what} go on` }), async () => {
      let isAborted = false;
      await using upstream = await startUpstream((request) => {
        request.resume().on('error', () => {
          isAborted = true;
        });
      });
      const limits = { idleTimeoutMs: IDLE_MS, minBodyBytesPerSecond: 1_000 };
      await using gate = await startTestGate(upstream, { limits });
      using client = new RawClient(gate.port);
      client.send(`POST /api HTTP/1.1\r\nHost: h\r\n${headers}`);
      using _drip = dripping(client, drop);

      if (name === 'nginx') {
        await sleep(LONG_MS);
        assert.equal(client.received, '');
        return;
      }
      const received = await client.until(/request_timeout/);
      assert.match(received, /^HTTP\/1\.1 408 /);
      assert.match(received, /^connection: close$/im);
      await waitFor(() => isAborted, 'the upstream to see the abort');
    });
  }

  it(
    differs('slowBodies', {
      node: 'cuts a body that came fast for a while: nothing is saved up',
      nginx: 'lets a body go on that came fast for a while',
    }),
    async () => {
      await using upstream = await startUpstream((request) => request.resume());
      const limits = { idleTimeoutMs: IDLE_MS, minBodyBytesPerSecond: 1_000 };
      await using gate = await startTestGate(upstream, { limits });
      using client = new RawClient(gate.port);
      client.send('POST /api HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n');
      using _drip = dripping(client, 'x');
      await sleep(IDLE_MS / 2);
      client.send('x'.repeat(50_000));

      if (name === 'node') await client.until(/request_timeout/);
      else await sleep(LONG_MS);
      assert.equal(client.received === '', name === 'nginx');
    },
  );

  it('lets a body come slowly that keeps to the rate', async () => {
    await using upstream = await startUpstream((request, response) => {
      request.resume().on('end', () => response.end('whole'));
    });
    const limits = { idleTimeoutMs: IDLE_MS, minBodyBytesPerSecond: 500 };
    await using gate = await startTestGate(upstream, { limits });
    using client = new RawClient(gate.port);
    const drops = LONG_MS / DRIP_MS;
    client.send(`POST /api HTTP/1.1\r\nHost: h\r\nContent-Length: ${100 * drops}\r\n\r\n`);
    for (let drop = 0; drop < drops; drop += 1) {
      client.send('x'.repeat(100));
      await sleep(DRIP_MS);
    }
    await client.until(/whole/);
  });

  it('blames no client for a service that reads slowly', async () => {
    const bytes = 20 * 1024 * 1024;
    await using upstream = await startUpstream((request, response) => {
      request.on('data', () => {
        request.pause();
        setTimeout(() => request.resume(), 15);
      });
      request.on('end', () => response.end('whole'));
    });
    const limits = { idleTimeoutMs: 3 * IDLE_MS, minBodyBytesPerSecond: FAST, maxBodyBytes: bytes };
    await using gate = await startTestGate(upstream, { limits });
    using client = new RawClient(gate.port);
    const startedMs = performance.now();
    client.send(`POST /api HTTP/1.1\r\nHost: h\r\nContent-Length: ${bytes}\r\n\r\n`);
    client.send(Buffer.alloc(bytes, 'x'));
    await waitFor(() => /whole/.test(client.received) || client.isClosed, 'the answer', 40_000);
    assert.match(client.received, /^HTTP\/1\.1 200 /);
    assert.ok(performance.now() - startedMs > 4 * IDLE_MS, 'the service was meant to be slow');
  });

  it('answers 504 for a service that stops reading a body', async () => {
    await using upstream = await startUpstream((request) => request.pause());
    await using gate = await startTestGate(upstream, {
      limits: { idleTimeoutMs: IDLE_MS, maxBodyBytes: 50_000_000 },
    });
    using client = new RawClient(gate.port);
    client.send('POST /api HTTP/1.1\r\nHost: h\r\nContent-Length: 50000000\r\n\r\n');
    client.send(Buffer.alloc(50_000_000, 'x'));
    const received = await client.until(/service_silent/);
    assert.match(received, /^HTTP\/1\.1 504 /);
  });
});

describeGates('gate, clients that drip an answer', ({ startTestGate, differs, name }) => {
  /** Endless: whoever takes it slowly is always behind. */
  const endless: RequestListener = (_request, response) => {
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const write = (): void => {
      while (response.write(chunk));
    };
    response.on('drain', write);
    write();
  };
  const limits = { idleTimeoutMs: 2 * IDLE_MS, minBodyBytesPerSecond: FAST };

  it(
    differs('slowBodies', {
      node: 'cuts who takes less than the rate, and the service with it',
      nginx: 'lets who takes a little now and then go on',
    }),
    async () => {
      let isAborted = false;
      await using upstream = await startUpstream((request, response) => {
        response.on('close', () => {
          isAborted = true;
        });
        endless(request, response);
      });
      await using gate = await startTestGate(upstream, { limits });
      using client = new RawClient(gate.port);
      client.send('GET /api HTTP/1.1\r\nHost: h\r\n\r\n');
      using _sip = sipping(client);

      if (name === 'nginx') {
        await sleep(2 * LONG_MS - IDLE_MS);
        assert.equal(isAborted, false);
        return;
      }
      await waitFor(() => isAborted, 'the upstream to lose its client');
      client.socket.resume();
      await client.untilClosed();
    },
  );

  it('lets who keeps to the rate go on', async () => {
    let isAborted = false;
    await using upstream = await startUpstream((request, response) => {
      response.on('close', () => {
        isAborted = true;
      });
      endless(request, response);
    });
    await using gate = await startTestGate(upstream, {
      limits: { ...limits, minBodyBytesPerSecond: 10_000 },
    });
    using client = new RawClient(gate.port);
    client.send('GET /api HTTP/1.1\r\nHost: h\r\n\r\n');
    using _sip = sipping(client);
    await sleep(2 * LONG_MS - IDLE_MS);
    assert.equal(isAborted, false);
  });

  it('leaves an event stream alone that has little to say', async () => {
    await using upstream = await startUpstream((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const timer = setInterval(() => response.write(':\n\n'), IDLE_MS / 4);
      response.on('close', () => clearInterval(timer));
    });
    await using gate = await startTestGate(upstream, {
      limits: { idleTimeoutMs: IDLE_MS, minBodyBytesPerSecond: FAST },
    });
    using client = new RawClient(gate.port);
    await client.send('GET /api HTTP/1.1\r\nHost: h\r\n\r\n').until(/:\n\n/);
    await sleep(LONG_MS);
    assert.equal(client.isClosed, false);
  });

  it(
    differs('slowBodies', {
      node: 'cuts a WebSocket client that stops reading, though it goes on sending',
      nginx: 'keeps a WebSocket client that stops reading, while it goes on sending',
    }),
    async () => {
      let isGone = false;
      const server = createServer();
      server.on('upgrade', (_request, socket) => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
        const frame = Buffer.concat([Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]), Buffer.alloc(65_536)]);
        const write = (): void => {
          while (socket.write(frame));
        };
        socket.on('drain', write);
        socket.on('data', () => undefined);
        socket.on('close', () => {
          isGone = true;
        });
        write();
      });
      await using upstream = await listenAsUpstream(server);
      await using gate = await startTestGate(upstream, {
        routes: [route(upstream, { prefix: '/ws', upgrade: true })],
        limits: { ...limits, pingMs: 200 },
      });
      using client = new RawClient(gate.port);
      client.send('GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
      await client.until(/101/);
      client.socket.pause();
      using _drip = dripping(client, Buffer.from([0x8a, 0x80, 0, 0, 0, 0]));
      if (name === 'nginx') {
        await sleep(2 * LONG_MS - IDLE_MS);
        assert.equal(isGone, false);
        return;
      }
      await waitFor(() => isGone, 'the service to lose its client');
    },
  );
});

/** Sends a drop again and again. */
function dripping(client: RawClient, drop: string | Buffer): Disposable {
  const timer = setInterval(() => {
    if (!client.socket.destroyed && client.socket.writable) client.send(drop);
  }, DRIP_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Takes what one read of the socket gives, again and again, and throws it away: some MB a second, on loopback. */
function sipping(client: RawClient): Disposable {
  client.socket.removeAllListeners('data').on('data', () => client.socket.pause());
  const timer = setInterval(() => client.socket.resume(), DRIP_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
