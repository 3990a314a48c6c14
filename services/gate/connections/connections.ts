import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { networkOf } from '../../contract/client-network.ts';
import type { Pressure } from '../../contract/pressure.ts';
import type { Log } from '../../runtime/log.ts';
import type { RequestContext } from '../request-context.ts';
import { ConnectionShares } from './connection-shares.ts';
import type { Tunnel } from './tunnel.ts';

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
  readonly #log: Log;
  readonly #shares: ConnectionShares;

  constructor(limit: number, log: Log) {
    this.#log = log;
    this.#shares = new ConnectionShares(limit);
  }

  /** How near the connections are to their limit. */
  get pressure(): Pressure | undefined {
    return this.#shares.pressure;
  }

  /** Takes a new connection in. Over the limit, closes one: an idle one of the client that has most, or this one. */
  addSocket(socket: Socket): void {
    const closed = this.#shares.add(socket, clientOf(socket.remoteAddress));
    if (closed !== undefined) this.#closeForRoom(closed);
    if (closed === socket) return;
    this.sockets.add(socket);
    socket.once('close', () => {
      this.sockets.delete(socket);
      this.#latest.delete(socket);
      this.#shares.remove(socket);
    });
  }

  trackRequest(context: RequestContext, response: ServerResponse): void {
    const { socket } = context.request;
    this.#latest.set(socket, { context, response });
    this.#shares.use(socket, networkOf(context.clientInfo.clientAddress));
    response.once('close', () => {
      if (this.#latest.get(socket)?.response === response) this.#shares.rest(socket);
    });
  }

  /** The connection carries a WebSocket from now on. */
  trackTunnel(context: RequestContext): void {
    this.#shares.use(context.request.socket, networkOf(context.clientInfo.clientAddress));
  }

  /** Logs it at most every ten seconds, as clients cause these lines. */
  #closeForRoom(socket: Socket): void {
    const client = socket.remoteAddress ?? 'a client that is gone';
    socket.destroy();
    if (!this.#shares.isLogged) return;
    const { used = 0, limit = 0, refused = 0 } = this.pressure ?? {};
    this.#log.warn(
      { used, limit, refused },
      `${used} of ${limit} connections are open: a connection of ${client}, which has most, was closed to make room (GATE_MAX_CONNECTIONS, or the limit of open files)`,
    );
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

function clientOf(peer = ''): string {
  return networkOf(peer.startsWith('::ffff:') && peer.includes('.') ? peer.slice('::ffff:'.length) : peer);
}
