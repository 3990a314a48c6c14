import type { Socket } from 'node:net';
import { catchFaults } from '../catch-faults.ts';
import { FrameFollower, GOING_AWAY, PING } from './frames.ts';

/** How long the other side may take to close once one side has. */
const CLOSE_WAIT_MS = 2_000;
/** Quiet WebSockets stay; a peer that has vanished is found by TCP. */
const TCP_KEEP_ALIVE_MS = 30_000;
/** So many pings in a row may stay unanswered. */
const MOST_UNANSWERED = 3;

/** An open WebSocket: what http-proxy-middleware pipes, with an end to both sides when one ends. */
export class Tunnel {
  readonly #client: Socket;
  readonly #upstream: Socket;
  readonly #frames = new FrameFollower();
  #isLeaving = false;
  #fromClientBytes = 0;
  #fromUpstreamBytes = 0;
  #quietMs = 0;
  #unanswered = 0;
  /** The client answered no ping, so the gate ended it. */
  hasTimedOut = false;

  constructor(client: Socket, upstream: Socket) {
    this.#client = client;
    this.#upstream = upstream;
    // Not before the library has piped: a listener makes the socket flow, and its first bytes would go nowhere else.
    const onData = catchFaults(
      () => this.#destroy(),
      (chunk: Buffer) => this.#onData(chunk),
    );
    process.nextTick(() => upstream.on('data', onData));
    // Destroyed, not only ended: a half-closed socket stays until the other side thinks of it (test/conformance/gate/upgrade/upgrade.test.ts).
    for (const event of ['end', 'close']) {
      client.once(event, () => letGo(upstream));
      upstream.once(event, () => letGo(client));
    }
    client.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
  }

  /** Sends 1001 to the client at the end of the current frame, and passes the client's own close frame on. */
  goAway(): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    if (this.#frames.isBetweenFrames) this.#sendClose();
  }

  /**
   * Pings the client when nothing has come either way for `pingMs`, and ends one that has answered none of the last
   * pings. To be called every `passedMs`. Whatever the client sends is a sign of life, and the pong goes on to the
   * service, as one may that nobody asked for (RFC 6455 §5.5.3). Nothing is written to a client that is yet to read.
   */
  pingIfQuiet(passedMs: number, pingMs: number): void {
    const { bytesRead: fromClient } = this.#client;
    const { bytesRead: fromUpstream } = this.#upstream;
    if (fromClient !== this.#fromClientBytes) this.#unanswered = 0;
    if (fromClient !== this.#fromClientBytes || fromUpstream !== this.#fromUpstreamBytes) {
      this.#fromClientBytes = fromClient;
      this.#fromUpstreamBytes = fromUpstream;
      this.#quietMs = 0;
      return;
    }
    this.#quietMs += passedMs;
    if (this.#quietMs < pingMs || this.#isLeaving || this.#client.writableLength > 0) return;
    if (!this.#frames.isBetweenFrames || this.#frames.isClosing) return;
    this.#quietMs = 0;
    if (this.#unanswered === MOST_UNANSWERED) {
      this.hasTimedOut = true;
      this.#client.destroy();
      return;
    }
    this.#unanswered += 1;
    this.#client.write(PING);
  }

  #onData(chunk: Buffer): void {
    this.#frames.follow(chunk);
    if (this.#isLeaving && this.#frames.isBetweenFrames) this.#sendClose();
  }

  #destroy(): void {
    this.#client.destroy();
    this.#upstream.destroy();
  }

  #sendClose(): void {
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
