import assert from 'node:assert/strict';
import type { Server } from 'node:http';
import type { Request, Response } from 'express';
import { BodyMemory } from '../../../../services/api/media/body-memory.ts';
import { createInternalServer } from '../../../../services/runtime/http/internal-server.ts';
import { listen } from '../../../../services/runtime/http/listen.ts';
import { answerProblem } from '../../../../services/runtime/http/problem-answers.ts';
import { createServiceApp } from '../../../../services/runtime/http/service-app.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import { exchangeRaw, RawClient, waitFor } from '../../../support/gate/test-gate.ts';

const TOTAL = 400_000;
const BODY = 100_000;
const AMPLE_MS = 600_000;

/** A server that keeps each body until the test lets it go. */
class World implements AsyncDisposable {
  readonly memory: BodyMemory;
  readonly reading: Request[] = [];
  port = 0;
  readonly #server: Server;

  private constructor(waitMs: number) {
    this.memory = new BodyMemory({ totalBytes: TOTAL, waitMs });
    const app = createServiceApp();
    app.use(this.memory.admit(300_000), (request: Request, response: Response) => {
      this.reading.push(request);
      request.resume();
      request.on('end', () => response.end('stored'));
    });
    app.use(answerProblem(createLog('api', 'silent')));
    this.#server = createInternalServer(app);
  }

  static async start(waitMs = AMPLE_MS): Promise<World> {
    const world = new World(waitMs);
    world.port = await listen(world.#server, 0, '127.0.0.1');
    return world;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

const head = (client: string, framing = `Content-Length: ${BODY}`) =>
  `POST / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: ${client}\r\n${framing}\r\n\r\n`;
const whole = (client: string) => `${head(client)}${'x'.repeat(BODY)}`;

describe('the memory for bodies', () => {
  it('is not given to more bodies than there is room for, and one client leaves some to the others', async () => {
    await using world = await World.start();
    using stack = new DisposableStack();
    const clients = Array.from({ length: 60 }, () =>
      stack.use(new RawClient(world.port)).send(head('203.0.113.1')).send('x'.repeat(10)),
    );
    await waitFor(() => world.reading.length === 3, 'three to be read');
    assert.equal((await exchangeRaw(world.port, whole('203.0.113.2'))).body, 'stored');
    assert.equal(world.reading.length, 4);
    for (const client of clients) client.send('x'.repeat(BODY - 10));
    for (const client of clients) await client.until(/stored/);
    assert.equal(world.memory.budget.heldBy('203.0.113.1'), 0);
  });

  it('comes back from a client that has gone, whether its body was read or waited', async () => {
    await using world = await World.start();
    const gone = Array.from({ length: 10 }, () => new RawClient(world.port).send(head('203.0.113.1')));
    await waitFor(() => world.reading.length === 3, 'three to be read');
    for (const client of gone) client.socket.destroy();
    assert.equal((await exchangeRaw(world.port, whole('203.0.113.1'))).body, 'stored');
    await waitFor(() => world.memory.budget.heldBy('203.0.113.1') === 0, 'all of it to be back');
  });

  it('is refused with 503 and Retry-After after the wait, and /health can say so', async () => {
    await using world = await World.start(50);
    using stack = new DisposableStack();
    for (let turn = 0; turn < 3; turn += 1) stack.use(new RawClient(world.port)).send(head('203.0.113.1'));
    await waitFor(() => world.reading.length === 3, 'three to be read');
    const refused = await exchangeRaw(world.port, whole('203.0.113.1'));
    assert.deepEqual([refused.status, refused.code], [503, 'body_memory_full']);
    assert.match(refused.head, /^retry-after: 2$/im);
    assert.equal(world.memory.budget.pressure?.refused, 1);
  });

  it('counts the largest size for a chunked body, and nothing for a small one', async () => {
    await using world = await World.start();
    using chunked = new RawClient(world.port);
    chunked.send(head('203.0.113.1', 'Transfer-Encoding: chunked'));
    await waitFor(() => world.reading.length === 1, 'it to be read');
    assert.equal(world.memory.budget.heldBy('203.0.113.1'), 300_000);
    const small = `${head('203.0.113.1', 'Content-Length: 5')}hello`;
    assert.equal((await exchangeRaw(world.port, small)).body, 'stored');
  });
});
