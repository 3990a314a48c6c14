import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Worker } from 'node:worker_threads';
import { closeServer, listen } from '../../services/runtime/listen.ts';

/** Longer than a server says farewell to connections that nobody uses. */
const BUSY_MS = 1_000;

/** A client on a thread of its own: it sends on a kept connection while the server's thread is busy, and tells what came. */
const CLIENT = `
const { parentPort, workerData: { port, turn } } = require('node:worker_threads');
const socket = require('node:net').connect({ port, host: '127.0.0.1' });
const ask = () => socket.write('GET / HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n');
socket.once('connect', ask);
socket.once('data', (text) => {
  parentPort.postMessage(String(text));
  Atomics.wait(turn, 0, 0);
  let received = '';
  socket.on('data', (text) => { received += text; });
  socket.on('error', (error) => { received += error.message; });
  socket.on('close', () => parentPort.postMessage(received));
  socket.write('GET / HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n', () => {
    Atomics.store(turn, 0, 2);
    Atomics.notify(turn, 0);
  });
});
`;

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
    const turn = new Int32Array(new SharedArrayBuffer(4));
    const client = new Worker(CLIENT, { eval: true, workerData: { port, turn } });
    const [first] = await once(client, 'message');
    assert.match(String(first), /^HTTP\/1\.1 200 /);

    const second = once(client, 'message');
    const closed = closeServer(server, 5_000);
    // The thread is held, as by a machine that gives it no turn, until the request has come and the farewell is over.
    const since = performance.now();
    Atomics.store(turn, 0, 1);
    Atomics.notify(turn, 0);
    assert.notEqual(Atomics.wait(turn, 0, 1, 10_000), 'timed-out');
    Atomics.wait(turn, 0, 2, Math.max(0, BUSY_MS - (performance.now() - since)));

    const [received] = await second;
    await closed;
    assert.match(String(received), /^HTTP\/1\.1 200 .*here$/is);
    await client.terminate();
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
