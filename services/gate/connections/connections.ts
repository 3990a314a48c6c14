import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Log } from '../../runtime/log.ts';
import type { RequestContext } from '../request-context.ts';
import type { Tunnel } from './tunnel.ts';

const DROP_LOG_MS = 1_000;

/** The open connections of clients, with the newest request, the tunnels and the event streams on them. */
export class Connections {
  readonly sockets = new Set<Socket>();
  readonly tunnels = new Set<Tunnel>();
  /** Ends an event stream that an upstream would keep open for ever. */
  readonly eventStreams = new Set<() => void>();
  isDraining = false;
  /** Connections without a request are closed as soon as they are. */
  closesIdle = false;
  readonly #latest = new Map<Socket, TrackedRequest>();
  #dropLoggedMs = Number.NEGATIVE_INFINITY;

  /** Logs that a connection over the limit was dropped. At most once a second, as clients cause these lines. */
  noteDrop(log: Log, maxConnections: number): void {
    const nowMs = performance.now();
    if (nowMs - this.#dropLoggedMs < DROP_LOG_MS) return;
    this.#dropLoggedMs = nowMs;
    log.warn(`more than ${maxConnections} connections; further ones are closed (GATE_MAX_CONNECTIONS)`);
  }

  addSocket(socket: Socket): void {
    this.sockets.add(socket);
    socket.once('close', () => {
      this.sockets.delete(socket);
      this.#latest.delete(socket);
    });
  }

  trackRequest(context: RequestContext, response: ServerResponse): void {
    this.#latest.set(context.request.socket, { context, response });
  }

  /** Calls back once all that was asked before on a connection is answered; never where it ends before. */
  afterAnswers(socket: Socket, call: () => void): void {
    const earlier = this.#latest.get(socket);
    if (earlier === undefined || earlier.response.writableFinished) call();
    else
      earlier.response.once('close', () => {
        if (socket.writable) call();
      });
  }

  /** The newest request of a connection. */
  latestRequest(socket: Socket): TrackedRequest | undefined {
    return this.#latest.get(socket);
  }
}

/** A request, and the response to it, finished or not. */
export interface TrackedRequest {
  readonly context: RequestContext;
  readonly response: ServerResponse;
}
