import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { startLoneGate } from '../../../support/gate/endurance/lone-gate.ts';
import { echoMessages, startSocketUpstream } from '../../../support/gate/endurance/socket-upstream.ts';
import { GATES } from '../../../support/gate/gates.ts';
import { waitFor } from '../../../support/gate/test-gate.ts';
import { tellFigures } from '../../../support/tell-figures.ts';

const SOCKETS = 2_000;
/** So many are opened at a time. */
const BATCH = 100;
const LARGE_BYTES = 64 * 1024 ** 2;

for (const gate of GATES) {
  describe(`gate, many and large WebSockets (${gate.name} gate)`, () => {
    it(`has ${SOCKETS} WebSockets open at once, messages through some, none lost by the others`, async () => {
      await using upstream = await startSocketUpstream(echoMessages);
      await using lone = await startLoneGate(gate, upstream);
      await using clients = new Clients(lone.port);
      await clients.open(BATCH);
      const pssBeforeMb = lone.pssMb;

      while (clients.all.length < SOCKETS) await clients.open(BATCH);

      const kilobytesEach = ((lone.pssMb - pssBeforeMb) * 1024) / (SOCKETS - BATCH);
      assert.equal(upstream.sockets.clients.size, SOCKETS);
      const talkers = clients.all.filter((_, index) => index % 10 === 0);
      for (let round = 0; round < 3; round += 1) {
        await Promise.all(
          talkers.map(async (client, index) => {
            client.send(`${index}, round ${round}`);
            assert.equal(String((await once(client, 'message'))[0]), `${index}, round ${round}`);
          }),
        );
      }
      const greeted = Promise.all(clients.all.map((client) => once(client, 'message')));
      for (const socket of upstream.sockets.clients) socket.send('to all');
      for (const [message] of await greeted) assert.equal(String(message), 'to all');
      assert.deepEqual(clients.closed, []);
      tellFigures(`each open WebSocket (${gate.name} gate)`, `${kilobytesEach.toFixed(1)} KB of memory`);

      for (const client of clients.all) client.terminate();
      await waitFor(() => upstream.sockets.clients.size === 0, 'the upstream to lose all its clients');
    });

    it('carries a message of 64 MiB both ways, unchanged', async () => {
      const digests: string[] = [];
      await using upstream = await startSocketUpstream((socket) => {
        socket.on('message', (data: Buffer) => digests.push(sha256(data)));
        echoMessages(socket);
      });
      await using lone = await startLoneGate(gate, upstream);
      await using clients = new Clients(lone.port);
      const [client] = await clients.open(1);
      assert.ok(client !== undefined);
      const message = randomBytes(LARGE_BYTES);

      client.send(message);
      const [answer]: Buffer[] = await once(client, 'message');

      assert.ok(answer !== undefined);
      assert.deepEqual([...digests, sha256(answer)], [sha256(message), sha256(message)]);
    });
  });
}

class Clients implements AsyncDisposable {
  readonly all: WebSocket[] = [];
  readonly closed: string[] = [];
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  async open(count: number): Promise<WebSocket[]> {
    const opened = Array.from({ length: count }, () => {
      const client = new WebSocket(`ws://localhost:${this.#port}/ws`, { perMessageDeflate: false });
      client.on('error', (error) => this.closed.push(String(error)));
      client.on('close', (code) => this.closed.push(`closed with ${code}`));
      return client;
    });
    this.all.push(...opened);
    await Promise.all(opened.map((client) => once(client, 'open')));
    return opened;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.all) client.terminate();
  }
}

function sha256(data: Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
