import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { startLoneGate } from '../../../support/gate/endurance/lone-gate.ts';
import { startSocketUpstream } from '../../../support/gate/endurance/socket-upstream.ts';
import { GATES } from '../../../support/gate/gates.ts';
import { waitFor } from '../../../support/gate/test-gate.ts';
import { tellFigures } from '../../../support/tell-figures.ts';

const MOST_GROWTH_MB = 32;
const BODY_BYTES = 1024 ** 3;
const CLIENTS = 2;
const PIECE = Buffer.alloc(64 * 1024, 'x');
const EVENT = `data: ${'x'.repeat(8_000)}\n\n`;
/** What a client reads before it stops. */
const READ_BYTES = 1024 ** 2;
/** A stream that has moved no byte for so long stands still. */
const STILL_MS = 700;

const HANDSHAKE =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

/** What a client asks for before it stops reading. */
const STREAMS = [
  ['a body of 1 GB', 'GET /api/body HTTP/1.1\r\nHost: localhost\r\n'],
  ['a stream of events', 'GET /api/events HTTP/1.1\r\nHost: localhost\r\n'],
  ['a WebSocket full of messages', `GET /ws HTTP/1.1\r\nHost: localhost\r\n${HANDSHAKE}`],
] as const;

for (const gate of GATES) {
  describe(`gate, clients that stop reading (${gate.name} gate)`, () => {
    for (const [what, head] of STREAMS) {
      it(`does not grow by ${what}`, async () => {
        const source = new Source();
        await using upstream = await startSocketUpstream(
          (socket) => void source.pourMessages(socket),
          (request, response) => {
            if (request.url === '/api/body') source.pourBody(response);
            else source.pourEvents(response);
          },
        );
        await using lone = await startLoneGate(gate, upstream);
        const readers: Reader[] = [];
        const stall = async () => {
          for (let count = 0; count < CLIENTS; count += 1) readers.push(new Reader(lone.port, `${head}\r\n`));
          await waitFor(() => readers.every(({ hasStopped }) => hasStopped), 'each to have read a little');
          await source.untilStill();
        };
        try {
          // The first ones bring the gate's memory to what it is in use.
          await stall();
          const before = lone.pssMb;

          await stall();

          const growth = lone.pssMb - before;
          const figures = `${before.toFixed(1)} MB with ${CLIENTS} such clients, ${growth.toFixed(1)} more with ${2 * CLIENTS}`;
          assert.ok(growth < MOST_GROWTH_MB, figures);
          assert.ok(source.bytes < BODY_BYTES / 2, `the upstream has sent ${source.bytes} bytes`);
          tellFigures(`${what} that nobody reads (${gate.name} gate)`, figures);
        } finally {
          for (const reader of readers) reader.leave();
        }
      });
    }
  });
}

/** An upstream that sends as fast as it is read, and no faster. */
class Source {
  bytes = 0;
  #movedMs = 0;

  pourBody(response: ServerResponse): void {
    response.writeHead(200, { 'content-length': BODY_BYTES, 'content-type': 'application/octet-stream' });
    this.#pour(response, PIECE, BODY_BYTES);
  }

  pourEvents(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    this.#pour(response, EVENT, Number.POSITIVE_INFINITY);
  }

  async pourMessages(socket: WebSocket): Promise<void> {
    while (socket.readyState === socket.OPEN)
      await new Promise<void>((resolve) =>
        socket.send(PIECE, () => {
          this.#count(PIECE.length);
          resolve();
        }),
      );
  }

  async untilStill(): Promise<void> {
    await waitFor(() => performance.now() - this.#movedMs > STILL_MS, 'the upstream to be held back');
  }

  #pour(response: ServerResponse, piece: Buffer | string, bytes: number): void {
    let left = bytes;
    const pour = () => {
      while (left > 0 && !response.destroyed) {
        left -= piece.length;
        this.#count(piece.length);
        if (!response.write(piece)) return;
      }
      response.end();
    };
    response.on('drain', pour);
    pour();
  }

  #count(bytes: number): void {
    this.bytes += bytes;
    this.#movedMs = performance.now();
  }
}

/** Reads a little, and then nothing any more. */
class Reader {
  hasStopped = false;
  readonly #socket: Socket;

  constructor(port: number, head: string) {
    let left = READ_BYTES;
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('error', () => this.#socket.destroy());
    this.#socket.on('data', (chunk) => {
      left -= chunk.length;
      if (left > 0) return;
      this.#socket.pause();
      this.hasStopped = true;
    });
    this.#socket.write(head);
  }

  leave(): void {
    this.#socket.destroy();
  }
}
