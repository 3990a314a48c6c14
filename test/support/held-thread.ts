import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setImmediate as endOfTurn, setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

/** By then a server that closes is at its farewell; longer than this takes it waits for connections. */
const UNTIL_FAREWELL_MS = 150;
/** Longer than a server says farewell to connections that nobody uses. */
const HELD_MS = 600;

/** A client on a thread of its own: it asks, waits for its turn, and asks again on the same connection. */
const CLIENT = `
const { parentPort, workerData: { port, turn } } = require('node:worker_threads');
const socket = require('node:net').connect({ port, host: '127.0.0.1' });
const ask = (done) => socket.write('GET /api HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n', done);
socket.once('connect', () => ask());
socket.once('data', () => {
  parentPort.postMessage('answered once');
  Atomics.wait(turn, 0, 0);
  let received = '';
  socket.on('data', (text) => { received += text; });
  socket.on('error', (error) => { received += error.message; });
  socket.on('close', () => parentPort.postMessage(received));
  ask(() => {
    Atomics.store(turn, 0, 2);
    Atomics.notify(turn, 0);
  });
});
`;

/**
 * What a client gets for a request that it sends on a kept connection while this thread has no turn, as on a machine that
 * is busy, until the farewell of the server that `close` ends is over.
 */
export async function askWhileHeld(port: number, close: () => Promise<void>): Promise<string> {
  const turn = new Int32Array(new SharedArrayBuffer(4));
  const client = new Worker(CLIENT, { eval: true, workerData: { port, turn } });
  await once(client, 'message');
  const told = once(client, 'message');
  const closed = close();
  await sleep(UNTIL_FAREWELL_MS);
  // From the end of a turn of the event loop on: in the next one, timers are due before what has come is read.
  await endOfTurn();
  const since = performance.now();
  Atomics.store(turn, 0, 1);
  Atomics.notify(turn, 0);
  assert.notEqual(Atomics.wait(turn, 0, 1, 10_000), 'timed-out');
  // Nobody changes it any more.
  Atomics.wait(turn, 0, 2, Math.max(0, HELD_MS - (performance.now() - since)));
  const [received] = await told;
  await closed;
  await client.terminate();
  return String(received);
}
