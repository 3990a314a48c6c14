import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import type { Duplex } from 'node:stream';
import type { HandClock } from './hand-clock.ts';
import type { RawClient } from './test-gate.ts';

const STEP_MS = 1_000;
const LIMIT_MS = 300_000;
const DRIP_MS = 50;

/** An answer without an end: a client that takes it slowly is always behind. */
export const endless: RequestListener = (_request, response) => {
  const chunk = Buffer.alloc(64 * 1024, 'x');
  const write = (): void => {
    while (response.write(chunk));
  };
  response.on('drain', write);
  write();
};

/** Switches to WebSockets and sends frames without an end. */
export function talkWithoutEnd(socket: Duplex): void {
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  const frame = Buffer.concat([Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]), Buffer.alloc(65_536)]);
  const write = (): void => {
    while (socket.write(frame));
  };
  socket.on('drain', write);
  socket.on('data', () => undefined);
  write();
}

/** Sends a drop, lets a step of time pass, and so on, until the gate has cut the client. */
export async function drip(
  clock: HandClock,
  client: RawClient,
  drop: string | Buffer,
  isCut: () => boolean,
): Promise<void> {
  for (let passedMs = 0; !isCut(); passedMs += STEP_MS) {
    assert.ok(passedMs < LIMIT_MS, 'the gate let the client go on');
    if (client.socket.writable) client.send(drop);
    await clock.pass(STEP_MS);
  }
}

/** Sends a drop again and again. */
export function dripping(client: RawClient, drop: string | Buffer): Disposable {
  const timer = setInterval(() => {
    if (client.socket.writable) client.send(drop);
  }, DRIP_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/**
 * Takes so many bytes a second and throws them away, piece by piece. A kernel lets a gate send more only once about a
 * third of its buffers is empty, which takes 1.3 MB; a rest that came late is made up for.
 */
export function sipping(client: RawClient, bytesPerSecond: number): Disposable {
  const sinceMs = performance.now();
  let taken = 0;
  const mayTake = () => taken < ((performance.now() - sinceMs) * bytesPerSecond) / 1_000;
  client.socket.removeAllListeners('data').on('data', (piece) => {
    taken += piece.length;
    if (!mayTake()) client.socket.pause();
  });
  const timer = setInterval(() => {
    if (mayTake()) client.socket.resume();
  }, DRIP_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
