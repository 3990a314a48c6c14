import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeGates } from '../../../support/gate/describe-gates.ts';
import { drip, endless, talkWithoutEnd } from '../../../support/gate/dripping.ts';
import { HandClock } from '../../../support/gate/hand-clock.ts';
import {
  listenAsUpstream,
  RawClient,
  route,
  startUpstream,
  waitFor,
} from '../../../support/gate/test-gate.ts';

/** By the clock of the test: silence is allowed that long, and a body may be slow that long before it must have its rate. */
const IDLE_MS = 60_000;
const STEP_MS = 1_000;
const FAST = 20_000_000;
const GET = 'GET /api HTTP/1.1\r\nHost: h\r\n\r\n';
const HANDSHAKE = 'GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const MASKED_PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);

describeGates('gate, clients that drip an answer', ({ startTestGate, differs }) => {
  if (differs('slowBodies', { node: false, nginx: true })) return;

  for (const [what, rate, isCut] of [
    ['cuts a client that takes less than the rate, and the service with it', FAST, true],
    ['lets a client that keeps to the rate go on', 10_000, false],
  ] as const) {
    it(what, async () => {
      let isAborted = false;
      await using upstream = await startUpstream((request, response) => {
        response.on('close', () => {
          isAborted = true;
        });
        endless(request, response);
      });
      const limits = { idleTimeoutMs: IDLE_MS, minBodyBytesPerSecond: rate };
      const clock = new HandClock();
      await using gate = await clock.start(() => startTestGate(upstream, { limits }));
      using client = new RawClient(gate.port);
      let sips = 0;
      client.socket.removeAllListeners('data').on('data', () => {
        sips += 1;
        client.socket.pause();
      });
      client.send(GET);
      // The gate waits for the client only once all buffers before it are full.
      for (let turns = 0; turns < 100; turns += 1) await sleep(1);
      const mostMs = isCut ? 20 * IDLE_MS : 3 * IDLE_MS;
      for (let passedMs = 0; passedMs < mostMs && !isAborted; passedMs += STEP_MS) {
        const before = sips;
        client.socket.resume();
        await waitFor(() => sips > before || client.isClosed, 'bytes of the answer');
        await clock.pass(STEP_MS);
      }
      if (isCut) await waitFor(() => isAborted, 'the upstream to lose its client');
      assert.equal(isAborted, isCut);
    });
  }

  it('leaves an event stream alone that has little to say', async () => {
    let say = (): void => assert.fail('no request arrived');
    await using upstream = await startUpstream((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      say = () => void response.write(':\n\n');
      say();
    });
    const limits = { idleTimeoutMs: IDLE_MS, minBodyBytesPerSecond: FAST };
    const clock = new HandClock();
    await using gate = await clock.start(() => startTestGate(upstream, { limits }));
    using client = new RawClient(gate.port);
    await client.send(GET).until(/:\n\n/);
    for (let said = 2; said <= 12; said += 1) {
      await clock.pass(IDLE_MS / 4);
      say();
      await client.wait(() => client.received.split(':\n\n').length > said, 'the next comment');
    }
    assert.equal(client.isClosed, false);
  });

  it('cuts a WebSocket client that stops reading, though it goes on sending', async () => {
    let isGone = false;
    const server = createServer();
    server.on('upgrade', (_request, socket) => {
      talkWithoutEnd(socket);
      socket.on('close', () => {
        isGone = true;
      });
    });
    await using upstream = await listenAsUpstream(server);
    const clock = new HandClock();
    await using gate = await clock.start(() =>
      startTestGate(upstream, {
        routes: [route(upstream, { prefix: '/ws', upgrade: true })],
        limits: { idleTimeoutMs: IDLE_MS, minBodyBytesPerSecond: FAST, pingMs: STEP_MS },
      }),
    );
    using client = new RawClient(gate.port);
    await client.send(HANDSHAKE).until(/101/);
    client.socket.pause();
    await drip(clock, client, MASKED_PONG, () => isGone);
  });
});
