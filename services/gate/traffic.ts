import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Tunnel } from './tunnel.ts';
import type { Visit } from './visit.ts';

/** What is going through the gate now. */
export class Traffic {
  readonly sockets = new Set<Socket>();
  readonly tunnels = new Set<Tunnel>();
  isDraining = false;
  readonly #latest = new WeakMap<Socket, Passage>();

  addSocket(socket: Socket): void {
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
  }

  addPassage(visit: Visit, response: ServerResponse): void {
    this.#latest.set(visit.request.socket, { visit, response });
  }

  /** The newest request of a connection. */
  latest(socket: Socket): Passage | undefined {
    return this.#latest.get(socket);
  }
}

export interface Passage {
  readonly visit: Visit;
  readonly response: ServerResponse;
}
