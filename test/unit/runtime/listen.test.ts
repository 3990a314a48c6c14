import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { closeIdle } from '../../../services/runtime/http/close-listener.ts';
import { closeServer, listen } from '../../../services/runtime/http/listen.ts';
import { askWhileHeld } from '../../support/held-thread.ts';
import { undisturbed } from '../../support/undisturbed.ts';

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

/** Two clients with kept connections: the second one asks while the server handles the request of the first one. */
const TWO_CLIENTS = `
const { parentPort, workerData: { port, turn } } = require('node:worker_threads');
const received = ['', ''];
const say = (value) => { Atomics.store(turn, 0, value); Atomics.notify(turn, 0); };
const ask = (socket, path, done) => socket.write('GET ' + path + ' HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n', done);
const clients = received.map((_, index) => {
  const socket = require('node:net').connect({ port, host: '127.0.0.1' });
  socket.on('data', (text) => {
    received[index] += text;
    const answers = received.map((each) => each.split('here').length - 1);
    if (answers.join() === '1,1') parentPort.postMessage('kept');
  });
  socket.on('error', (error) => { received[index] += error.message; });
  socket.on('close', () => {
    if (clients.every(({ closed }) => closed)) parentPort.postMessage(received);
  });
  ask(socket, '/first');
  return socket;
});
parentPort.once('message', () => ask(clients[0], '/slow', () => {
  say(1);
  Atomics.wait(turn, 0, 1);
  ask(clients[1], '/late', () => say(3));
}));
`;

describe('server of a service, whose idle connections are closed', () => {
  it('answers a request that arrives while the server handles another one', () =>
    // Idle connections are closed after 500 ms, whether requests arrive or not.
    undisturbed(500, askDuringAnother));
});

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

async function askDuringAnother(): Promise<void> {
  const turn = new Int32Array(new SharedArrayBuffer(4));
  const say = (value: number) => {
    Atomics.store(turn, 0, value);
    Atomics.notify(turn, 0);
  };
  const server = createServer((request, response) => {
    if (request.url === '/slow') {
      say(2);
      assert.notEqual(Atomics.wait(turn, 0, 2, 20_000), 'timed-out');
    }
    response.end('here');
  });
  const port = await listen(server, 0, '127.0.0.1');
  const clients = new Worker(TWO_CLIENTS, { eval: true, workerData: { port, turn } });
  await once(clients, 'message');
  const received = once(clients, 'message');
  // After a timer: Node then polls before the end of the turn.
  await sleep(1);
  clients.postMessage('ask');
  assert.notEqual(Atomics.wait(turn, 0, 0, 20_000), 'timed-out');

  await closeIdle(server);

  const [answers] = await received;
  await clients.terminate();
  server.close();
  for (const answer of answers) assert.match(answer, /^(?:HTTP\/1\.1 200 [\s\S]*?here){2}$/);
}
