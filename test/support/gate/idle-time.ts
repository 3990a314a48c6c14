import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Socket } from 'node:net';

/** Far longer than a test may take. */
const LIMIT_MS = 600_000;
let instances = 0;

/**
 * The idle time of the clients of a gate in this process. The gate gets `limitMs` as its `idleTimeoutMs`, which passes in
 * no test; `pass` does what Node does when it has passed. So no step of the test has to be faster than the limit.
 */
export class IdleTime implements Disposable {
  /** Each instance has its own limit, which marks the sockets of its gate. */
  readonly limitMs: number;
  readonly #sockets = new Set<Socket>();
  readonly #note = (message: unknown): void => {
    if (typeof message !== 'object' || message === null || !('socket' in message)) return;
    if (message.socket instanceof Socket) this.#sockets.add(message.socket);
  };

  constructor() {
    instances += 1;
    this.limitMs = LIMIT_MS + instances;
    subscribe('http.server.request.start', this.#note);
  }

  /** Lets the limit pass for each client that has sent a request. */
  pass(): void {
    for (const socket of this.#sockets) if (socket.timeout === this.limitMs) socket.emit('timeout');
  }

  [Symbol.dispose](): void {
    unsubscribe('http.server.request.start', this.#note);
  }
}
