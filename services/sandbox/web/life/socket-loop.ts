import { sleep } from '../objects/emitter.ts';
import { current } from '../settings.ts';
import { Socket } from '../socket.ts';

/** From the loss of a socket to the next attempt. Source: `WAWebCommsConfigBase` (jigger@0fbd5e1a). */
const BACKOFF_MS = 1_000;
const RETRY_MS = 250;

export interface LoopHandlers {
  /** Reaches the server; false while it cannot be reached. */
  dial(): Promise<boolean>;
  /** The socket is open. */
  onOpen(): Promise<void>;
}

/**
 * Opens the socket, and opens it again after each loss. Every attempt is OPENING, an open socket is PAIRING. A loss changes
 * only `stream`: the state stays what it was until the next attempt. There is no TIMEOUT.
 * Source: `WAComms`, `WAWebCommsConfigBase`, `WAWebSocketConstants` (jigger@0fbd5e1a).
 */
export class SocketLoop {
  readonly #handlers: LoopHandlers;
  /** Each socket has a number. What belongs to an earlier one is void. */
  #socket = 0;
  #isStopped = false;

  constructor(handlers: LoopHandlers) {
    this.#handlers = handlers;
  }

  /** Opens the socket now. */
  start(): void {
    this.#isStopped = false;
    this.#next(0);
  }

  /** The socket is lost. */
  drop(): void {
    if (this.#isStopped) return;
    Socket.set({ stream: 'DISCONNECTED' });
    this.#next(BACKOFF_MS);
  }

  /** Closes the socket for good. The state stays what it was. Source: `stopComms` of `WAComms` (jigger@0fbd5e1a). */
  stop(): void {
    this.#isStopped = true;
    this.#socket += 1;
    Socket.set({ stream: 'DISCONNECTED' });
  }

  #next(afterMs: number): void {
    this.#socket += 1;
    this.#open(this.#socket, afterMs).catch((error) => console.error(`the socket failed: ${error}`));
  }

  async #open(socket: number, afterMs: number): Promise<void> {
    const { openingMs, pairMs } = current.settings;
    await sleep(afterMs);
    if (socket !== this.#socket) return;
    Socket.set({ state: 'OPENING' });
    await sleep(openingMs);
    while (socket === this.#socket && !(await this.#handlers.dial())) await sleep(RETRY_MS);
    if (socket !== this.#socket) return;
    Socket.set({ state: 'PAIRING' });
    await sleep(pairMs);
    if (socket === this.#socket) await this.#handlers.onOpen();
  }
}
