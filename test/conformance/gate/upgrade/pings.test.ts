import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket, WebSocketServer } from 'ws';
import { createLog } from '../../../../services/runtime/log.ts';
import { describeGates, type GateUnderTest } from '../../../support/gate/describe-gates.ts';
import { HandClock } from '../../../support/gate/hand-clock.ts';
import { listenAsUpstream, RawClient, route, waitFor } from '../../../support/gate/test-gate.ts';

/** By the clock of the test. */
const PING_MS = 160;
/** Time for many pings, so that their absence says something. */
const LONG_MS = 10 * PING_MS;
/** nginx has no setting for pings, and so nothing that could come later. */
const SILENT_MS = 300;
const PING_FRAME = '\x89\x00';
const HANDSHAKE = 'GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const MASKED_PONG = Buffer.from([0x8a, 0x80, 1, 2, 3, 4]);
const MASKED_TEXT = Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0x78]);

describeGates('gate, quiet WebSockets', (gate) => {
  const { differs, name } = gate;
  const pings = name === 'node';
  let clock: HandClock;
  beforeEach(() => {
    clock = new HandClock();
  });
  /** Lets time for many pings pass. The clock of nginx is that on the wall. */
  const passLong = () => (pings ? clock.pass(LONG_MS) : sleep(SILENT_MS));

  it(
    differs('tunnel', {
      node: 'lives through silence, pinged all the while, and the service hears nothing but pongs',
      nginx: 'lives through silence, without a ping',
    }),
    async () => {
      const server = createServer();
      const sockets = new WebSocketServer({ server });
      await using upstream = await listenAsUpstream(server);
      await using opened = await startSocketGate(gate, clock, upstream);
      let messages = 0;
      let pongs = 0;
      sockets.on('connection', (socket) => {
        socket.on('message', (data) => {
          messages += 1;
          socket.send(String(data));
        });
        socket.on('pong', () => {
          pongs += 1;
        });
      });
      const client = new WebSocket(`ws://127.0.0.1:${opened.port}/ws`);
      let pinged = 0;
      client.on('ping', () => {
        pinged += 1;
      });
      await once(client, 'open');
      for (let round = 1; pings && round <= 8; round += 1) {
        await clock.passUntil(() => pinged >= round, 'a ping', LONG_MS);
        await waitFor(() => pongs >= round, 'the pong at the service');
      }
      if (!pings) {
        await sleep(SILENT_MS);
        assert.equal(pinged, 0);
      }
      assert.equal(messages, 0);

      client.send('still there');
      const [echoed] = await once(client, 'message');
      assert.equal(String(echoed), 'still there');
      client.terminate();
      sockets.close();
    },
  );

  it('is never pinged within a frame', async () => {
    await using raw = await startRawService();
    await using opened = await startSocketGate(gate, clock, raw.upstream);
    using client = new RawClient(opened.port);
    await client.send(HANDSHAKE).until(/101[\s\S]*\r\n\r\n$/);
    const [service] = raw.sockets;
    service?.write(Buffer.from([0x82, 126, 0, 200, 1, 2, 3]));
    await client.until(/\x01\x02\x03$/);

    await passLong();
    assert.ok(client.received.endsWith('\x01\x02\x03'), 'something came within the frame');
    service?.write(Buffer.alloc(197, 7));
    // A ping within the frame would stand before its rest.
    await client.until(/\x03\x07{197}$/);
    await clock.pass(2 * PING_MS);
    if (pings) await client.until(/\x03\x07{197}\x89\x00$/);
  });

  it('is not pinged by the gate where the service pings by itself', async () => {
    const server = createServer();
    const sockets = new WebSocketServer({ server });
    await using upstream = await listenAsUpstream(server);
    await using opened = await startSocketGate(gate, clock, upstream);
    const client = new WebSocket(`ws://127.0.0.1:${opened.port}/ws`);
    const contents: string[] = [];
    client.on('ping', (content) => contents.push(String(content)));
    await once(client, 'open');
    for (let round = 1; round <= 12; round += 1) {
      for (const socket of sockets.clients) socket.ping('own');
      await waitFor(() => contents.length >= round, 'the ping of the service');
      await clock.pass(PING_MS / 2);
    }
    assert.deepEqual(contents, Array(12).fill('own'));
    client.terminate();
    sockets.close();
  });

  it('is not pinged while the service talks, though the client says nothing', async () => {
    await using raw = await startRawService();
    await using opened = await startSocketGate(gate, clock, raw.upstream);
    using client = new RawClient(opened.port);
    await client.send(HANDSHAKE).until(/101[\s\S]*\r\n\r\n$/);
    for (let said = 1; said <= 12; said += 1) {
      raw.sockets[0]?.write(Buffer.from([0x81, 1, 0x78]));
      await client.until(new RegExp(`\\r\\n\\r\\n(?:\\x81\\x01x){${said}}$`));
      await clock.pass(PING_MS / 2);
    }
  });

  it('is not pinged once the service has said goodbye', async () => {
    await using raw = await startRawService();
    await using opened = await startSocketGate(gate, clock, raw.upstream);
    using client = new RawClient(opened.port);
    await client.send(HANDSHAKE).until(/101[\s\S]*\r\n\r\n$/);
    raw.sockets[0]?.write(Buffer.from([0x88, 0x02, 0x03, 0xe8]));
    await client.until(/\x88\x02\x03\xe8$/);
    await passLong();
    raw.sockets[0]?.end();
    assert.ok((await client.untilClosed()).endsWith('\x88\x02\x03\xe8'));
  });

  it(
    differs('tunnel', {
      node: 'is ended, for the service too, when the client answers no ping',
      nginx: 'stays, whether the client answers or not',
    }),
    async () => {
      await using raw = await startRawService();
      const lines: string[] = [];
      await using opened = await startSocketGate(gate, clock, raw.upstream, PING_MS, lines);
      using client = new RawClient(opened.port);
      await client.send(HANDSHAKE).until(/101[\s\S]*\r\n\r\n/);
      const [service] = raw.sockets;
      if (!pings) {
        await sleep(SILENT_MS);
        assert.equal(service?.destroyed, false);
        return;
      }
      await clock.pass(LONG_MS);
      const received = await client.untilClosed();
      assert.ok(received.endsWith(`\r\n\r\n${PING_FRAME.repeat(3)}`), JSON.stringify(received));
      await waitFor(() => service?.destroyed === true, 'the service to lose its client');
      await waitFor(() => lines.some((line) => /"status":101,.*"aborted":true/.test(line)), 'the line of it');
    },
  );

  for (const [what, frame] of [
    ['answers with pongs', MASKED_PONG],
    ['sends at all, though it answers no ping', MASKED_TEXT],
  ] as const) {
    it(`stays as long as the client ${what}`, async () => {
      await using raw = await startRawService();
      await using opened = await startSocketGate(gate, clock, raw.upstream);
      using client = new RawClient(opened.port);
      await client.send(HANDSHAKE).until(/101[\s\S]*\r\n\r\n/);
      for (let sent = 1; sent <= 8; sent += 1) {
        // A ping comes, and the gate still waits for more of them to stay unanswered.
        await clock.pass(2 * PING_MS);
        client.send(frame);
        await waitFor(() => raw.heardBytes() === sent * frame.length, 'the frame at the service');
      }
      assert.equal(client.isClosed, false);
      assert.equal(raw.sockets[0]?.destroyed, false);
      assert.equal(client.received.split(PING_FRAME).length - 1, pings ? 8 : 0);
    });
  }

  it('is not pinged where pings are off', async () => {
    await using raw = await startRawService();
    await using opened = await startSocketGate(gate, clock, raw.upstream, 0);
    using client = new RawClient(opened.port);
    await client.send(HANDSHAKE).until(/101[\s\S]*\r\n\r\n/);
    await passLong();
    raw.sockets[0]?.write(Buffer.from([0x81, 1, 0x78]));
    await client.until(/\r\n\r\n\x81\x01x$/);
    assert.equal(client.isClosed, false);
  });
});

function startSocketGate(
  gate: GateUnderTest,
  clock: HandClock,
  upstream: { host: string; port: number },
  pingMs = PING_MS,
  lines: string[] = [],
) {
  const routes = [route(upstream, { prefix: '/ws', upgrade: true })];
  const log = createLog('gate', 'info', { write: (line) => void lines.push(line) });
  return clock.start(() => gate.startTestGate(upstream, { routes, limits: { pingMs }, log }));
}

/** A service that switches at once, and leaves the frames to the test. */
async function startRawService() {
  const sockets: Socket[] = [];
  let heard = 0;
  const server = createServer();
  server.on('upgrade', ({ socket }) => {
    sockets.push(socket);
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.length;
    });
    socket.on('end', () => socket.end());
    socket.write(SWITCH);
  });
  const upstream = await listenAsUpstream(server);
  return {
    upstream,
    sockets,
    heardBytes: () => heard,
    [Symbol.asyncDispose]: () => upstream[Symbol.asyncDispose](),
  };
}
