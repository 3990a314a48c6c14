import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket, WebSocketServer } from 'ws';
import { until } from '../../support/until.ts';
import { type Figure, toFigure } from '../figure.ts';
import { startContestants } from './contestants.ts';
import type { Load } from './load.ts';
import { LARGE_BYTES, startBackend } from './nginx.ts';
import { ServerProcess } from './process.ts';

const WEBSOCKETS = 2_000;
/** So many are being opened at once. */
const OPENING = 50;
const SETTLE_MS = 1_000;
const READERS = 8;
const READ_BYTES_PER_SECOND = 20e6;
const READ_EVERY_MS = 25;
const SAMPLE_MS = 100;
const MOST_GROWTH_MB = 32;
const WITHIN_MS = 120_000;
const WARM_UP_SECONDS = 2;

/** What an open WebSocket costs while nothing is said on it. */
export async function* measureWebSockets(load: Load, folder: string): AsyncGenerator<Figure> {
  const server = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sockets = new WebSocketServer({ server });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const backend = { name: 'backend', port, cpuSeconds: 0 };
  await using contestants = await startContestants(backend, folder, '/api/ready');
  const kilobytes = async (contestant: ServerProcess) => {
    await load.run(contestant, '/api/ready', 16, WARM_UP_SECONDS);
    await withWebSockets(contestant.port, OPENING, () => sleep(SETTLE_MS));
    const before = contestant.pssMb;
    const after = await withWebSockets(contestant.port, WEBSOCKETS, async () => {
      await sleep(SETTLE_MS);
      return contestant.pssMb;
    });
    return ((after - before) * 1024) / WEBSOCKETS;
  };
  const { gates, opponents } = contestants;
  const peers: string[] = [];
  for (const name of ['minimal nginx', 'http-proxy-middleware'] as const) {
    const peer = opponents.get(name);
    if (peer instanceof ServerProcess) peers.push(`${name} ${(await kilobytes(peer)).toFixed(1)} kB`);
  }
  for (const gate of gates.values())
    yield toFigure({
      what: `${gate.name}, memory of each of ${WEBSOCKETS} idle WebSockets`,
      value: await kilobytes(gate),
      unit: 'kB PSS',
      peer: peers.join(', '),
    });
  sockets.close();
  server.close();
}

/** How far memory grows at most while bodies of 100 MB pass readers that are slower than the service. */
export async function* measureSlowReaders(load: Load, folder: string): AsyncGenerator<Figure> {
  await using backend = await startBackend(folder);
  await using contestants = await startContestants(backend, folder, '/api/small');
  const growth = async (server: ServerProcess) => {
    await load.run(server, '/api/small', 16, WARM_UP_SECONDS);
    const before = server.pssMb;
    let most = before;
    const sampling = setInterval(() => {
      most = Math.max(most, server.pssMb);
    }, SAMPLE_MS);
    await Promise.all(Array.from({ length: READERS }, () => readSlowly(server.port)));
    clearInterval(sampling);
    return most - before;
  };
  const peers: string[] = [];
  for (const [name, opponent] of contestants.opponents) {
    if (name !== 'no proxy' && opponent instanceof ServerProcess)
      peers.push(`${name} ${(await growth(opponent)).toFixed(0)} MB`);
  }
  for (const gate of contestants.gates.values())
    yield toFigure({
      what: `${gate.name}, memory added while 100 MB go to each of ${READERS} readers of ${READ_BYTES_PER_SECOND / 1e6} MB per s`,
      value: await growth(gate),
      unit: 'MB PSS',
      peer: peers.join(', '),
      target: { of: 'value', atMost: MOST_GROWTH_MB },
    });
}

async function withWebSockets<T>(port: number, count: number, act: () => Promise<T>): Promise<T> {
  const open: WebSocket[] = [];
  while (open.length < count) {
    const opened = Array.from({ length: Math.min(OPENING, count - open.length) }, () => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { perMessageDeflate: false });
      return once(socket, 'open').then(() => socket);
    });
    open.push(...(await Promise.all(opened)));
  }
  const result = await act();
  await Promise.all(
    open.map((socket) => {
      const closed = once(socket, 'close');
      socket.terminate();
      return closed;
    }),
  );
  return result;
}

/** Takes a 100 MB body in portions, and nothing between them. */
async function readSlowly(port: number): Promise<void> {
  const socket: Socket = connect(port, '127.0.0.1');
  socket.write('GET /api/large HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n');
  let bytesRead = 0;
  let portion = 0;
  socket.on('data', (chunk: Buffer) => {
    bytesRead += chunk.length;
    portion += chunk.length;
    if (portion >= (READ_BYTES_PER_SECOND * READ_EVERY_MS) / 1_000) socket.pause();
  });
  const reading = setInterval(() => {
    portion = 0;
    socket.resume();
  }, READ_EVERY_MS);
  await until('a slow reader has read all', () => bytesRead > LARGE_BYTES, { withinMs: WITHIN_MS });
  clearInterval(reading);
  socket.destroy();
}
