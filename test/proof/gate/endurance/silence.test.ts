import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { echoMessages, startSocketUpstream } from '../../../support/gate/endurance/socket-upstream.ts';
import { GATES, type GateKind } from '../../../support/gate/gates.ts';
import { RawClient, route, startTestGate } from '../../../support/gate/test-gate.ts';
import { undisturbed } from '../../../support/undisturbed.ts';

/** Hours of silence with a ping each 25 s, and an idle timeout of a minute, in short. */
const IDLE_TIMEOUT_MS = 1_000;
const PING_MS = 300;
const SILENT_MS = 6_000;

for (const gate of GATES) {
  describe(`gate, on streams that are silent for long (${gate.name} gate)`, () => {
    it('keeps an event stream and WebSockets open, as pings flow or not', () =>
      // Pings must come within the idle time.
      undisturbed(IDLE_TIMEOUT_MS - PING_MS, () => staySilent(gate)));
  });
}

async function staySilent(gate: GateKind): Promise<void> {
  const streams: ServerResponse[] = [];
  await using upstream = await startSocketUpstream(
    (socket, path) => {
      echoMessages(socket);
      if (path === '/ws/quiet') return;
      const timer = setInterval(() => socket.ping(), PING_MS);
      socket.once('close', () => clearInterval(timer));
    },
    (_request, response) => {
      streams.push(response);
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: first\n\n');
      const timer = setInterval(() => response.write(': ping\n\n'), PING_MS);
      response.once('close', () => clearInterval(timer));
    },
  );
  const routes = [route(upstream), route(upstream, { prefix: '/ws', upgrade: true })];
  await using running = await startTestGate(
    upstream,
    { routes, limits: { idleTimeoutMs: IDLE_TIMEOUT_MS } },
    gate.start,
  );
  const closed: string[] = [];
  const open = async (path: string) => {
    const client = new WebSocket(`ws://localhost:${running.port}${path}`);
    client.on('close', (code) => closed.push(`${path} closed with ${code}`));
    await once(client, 'open');
    return client;
  };
  const sockets = [await open('/ws/pinged'), await open('/ws/quiet')];
  let pings = 0;
  sockets[0]?.on('ping', () => {
    pings += 1;
  });
  using stream = new RawClient(running.port);
  await stream
    .send('GET /api/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n')
    .until(/data: first/);

  await sleep(SILENT_MS); // The time itself is what is tested.

  assert.deepEqual(closed, []);
  assert.ok(!stream.isClosed, stream.received);
  assert.ok(pings > SILENT_MS / PING_MS / 2, `${pings} pings came`);
  for (const client of sockets) {
    client.send('still there?');
    assert.equal(String((await once(client, 'message'))[0]), 'still there?');
  }
  for (const response of streams) response.write('data: still there\n\n');
  await stream.until(/data: still there/);
  for (const client of sockets) client.terminate();
}
