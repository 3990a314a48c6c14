import type { Socket } from 'node:net';
import { FrameFollower, GOING_AWAY } from './frames.ts';

/** How long the other side may take to close once one side has. */
const CLOSE_WAIT_MS = 2_000;
/** Quiet WebSockets stay; a peer that has vanished is found by TCP. */
const TCP_KEEP_ALIVE_MS = 30_000;

/** An open WebSocket: what http-proxy-middleware pipes, with an end to both sides when one ends. */
export class Tunnel {
  readonly #client: Socket;
  readonly #upstream: Socket;
  readonly #frames = new FrameFollower();
  #isLeaving = false;

  constructor(client: Socket, upstream: Socket) {
    this.#client = client;
    this.#upstream = upstream;
    // Not before the library has piped: a listener makes the socket flow, and its first bytes would go nowhere else.
    process.nextTick(() => upstream.on('data', (chunk: Buffer) => this.#onData(chunk)));
    // Destroyed, not only ended: a half-closed socket stays until the other side thinks of it (test/gate/upgrade.test.ts).
    for (const event of ['end', 'close']) {
      client.once(event, () => letGo(upstream));
      upstream.once(event, () => letGo(client));
    }
    client.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
  }

  /** Tells the client to go, at the end of the frame that is being sent, and passes its farewell on. */
  goAway(): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    if (this.#frames.isBetweenFrames) this.#sayGoodbye();
  }

  #onData(chunk: Buffer): void {
    this.#frames.follow(chunk);
    if (this.#isLeaving && this.#frames.isBetweenFrames) this.#sayGoodbye();
  }

  #sayGoodbye(): void {
    if (this.#client.writableEnded) return;
    this.#upstream.unpipe(this.#client);
    this.#upstream.resume();
    this.#client.end(GOING_AWAY);
    destroyLater(this.#client);
  }
}

function letGo(socket: Socket): void {
  if (socket.destroyed) return;
  socket.destroySoon();
  destroyLater(socket);
}

function destroyLater(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), CLOSE_WAIT_MS);
  socket.once('close', () => clearTimeout(timer));
}
