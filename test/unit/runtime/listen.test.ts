import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Worker } from 'node:worker_threads';
import { closeServer, listen } from '../../../services/runtime/http/listen.ts';
import { askWhileHeld } from '../../support/held-thread.ts';

const CROWD = 20;

/** Clients who connect and ask while the server's thread is busy, and tell how many of them were answered. */
const CLIENTS = `
const { parentPort, workerData: { port, turn, crowd } } = require('node:worker_threads');
const outcomes = [];
let sent = 0;
for (let client = 0; client < crowd; client += 1) {
  const socket = require('node:net').connect({ port, host: '127.0.0.1' });
  let received = '';
  socket.on('data', (text) => { received += text; });
  socket.on('error', (error) => { received += error.message; });
  socket.on('close', () => {
    outcomes.push(/^HTTP[^]*here$/.test(received) ? 'answered' : received);
    if (outcomes.length === crowd) parentPort.postMessage(outcomes);
  });
  socket.write('GET / HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n', () => {
    sent += 1;
    if (sent < crowd) return;
    Atomics.store(turn, 0, 1);
    Atomics.notify(turn, 0);
  });
}
`;

describe('server of a service, asked to end on a machine that is busy', () => {
  it('answers what came on a kept connection while it had no turn', async () => {
    const server = createServer((_request, response) => response.end('here'));
    const port = await listen(server, 0, '127.0.0.1');
    const received = await askWhileHeld(port, () => closeServer(server, 5_000));
    assert.match(received, /^HTTP\/1\.1 200 .*here$/is);
  });

  it('answers those who had come to its port and were not let in yet', async () => {
    const server = createServer((_request, response) => response.end('here'));
    const port = await listen(server, 0, '127.0.0.1');
    const turn = new Int32Array(new SharedArrayBuffer(4));
    const clients = new Worker(CLIENTS, { eval: true, workerData: { port, turn, crowd: CROWD } });
    const answered = once(clients, 'message');
    assert.notEqual(Atomics.wait(turn, 0, 0, 20_000), 'timed-out');

    await closeServer(server, 5_000);

    const [outcomes] = await answered;
    assert.deepEqual(outcomes, Array(CROWD).fill('answered'));
    await clients.terminate();
  });
});
