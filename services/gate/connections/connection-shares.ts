import type { Socket } from 'node:net';
import { type Pressure, pressureOf } from '../../contract/pressure.ts';
import { Refusals } from '../../runtime/refusals.ts';

const LOG_EVERY_MS = 10_000;

/** One client. Its connections count together. */
interface Holder {
  readonly name: string;
  readonly sockets: Set<Socket>;
  /** Without a request under way, the longest idle one first. */
  readonly idle: Set<Socket>;
}

/**
 * Shares a bounded number of connections among clients. While there is room, a client may have any number. When there is
 * none, a new connection takes the place of the longest idle one of the client that has most; a client that has most
 * itself gets no further connection.
 */
export class ConnectionShares {
  readonly #limit: number;
  readonly #refusals: Refusals;
  readonly #holders = new Map<string, Holder>();
  readonly #bySocket = new Map<Socket, Holder>();
  /** Holders by the number of their connections. */
  readonly #byCount: Set<Holder>[] = [];
  #most = 0;
  /** Whether the last `add` closed a connection and should be logged. */
  isLogged = false;

  /** `now`: monotonic time in ms. */
  constructor(limit: number, now?: () => number) {
    this.#limit = limit;
    this.#refusals = new Refusals(LOG_EVERY_MS, now);
  }

  /**
   * Takes a new connection of a client in. Gives the connection to close: undefined while there is room, another one, or
   * the new one itself, which then is not counted.
   */
  add(socket: Socket, client: string): Socket | undefined {
    const victim = this.#bySocket.size < this.#limit ? undefined : this.#choose(socket, client);
    this.isLogged = victim !== undefined && this.#refusals.add();
    if (victim === socket) return victim;
    if (victim !== undefined) this.remove(victim);
    this.#join(socket, client);
    return victim;
  }

  /** A request is under way on it, of this client: behind a proxy, not of the peer. */
  use(socket: Socket, client: string): void {
    const holder = this.#bySocket.get(socket);
    if (holder === undefined) return;
    if (holder.name !== client) {
      this.remove(socket);
      this.#join(socket, client);
    }
    this.#bySocket.get(socket)?.idle.delete(socket);
  }

  /** No request is under way on it any more. */
  rest(socket: Socket): void {
    const holder = this.#bySocket.get(socket);
    holder?.idle.delete(socket);
    holder?.idle.add(socket);
  }

  remove(socket: Socket): void {
    const holder = this.#bySocket.get(socket);
    if (holder === undefined) return;
    this.#bySocket.delete(socket);
    holder.idle.delete(socket);
    this.#count(holder, () => holder.sockets.delete(socket));
    if (holder.sockets.size === 0) this.#holders.delete(holder.name);
  }

  get size(): number {
    return this.#bySocket.size;
  }

  /** Undefined while there is ample room, and no connection was closed for want of it in the last minute. */
  get pressure(): Pressure | undefined {
    const refused = this.#refusals.count;
    return pressureOf({ resource: 'connections', used: this.size, limit: this.#limit, refused });
  }

  /** Only where there is no room: which connection goes. */
  #choose(socket: Socket, client: string): Socket {
    const wanted = (this.#holders.get(client)?.sockets.size ?? 0) + 1;
    let looked = 0;
    for (let count = this.#most; count >= wanted && looked < MOST_LOOKS; count -= 1)
      for (const holder of this.#byCount[count] ?? []) {
        looked += 1;
        const [idlest] = holder.idle;
        if (holder.name !== client && idlest !== undefined) return idlest;
        if (looked >= MOST_LOOKS) break;
      }
    // All of a client that has far more than the new one are busy: the oldest of them goes.
    const [greediest] = this.#byCount[this.#most] ?? [];
    const [oldest] = greediest?.sockets ?? [];
    const isFair = greediest !== undefined && greediest.name !== client && this.#most >= FAR_MORE * wanted;
    return isFair && oldest !== undefined ? oldest : socket;
  }

  #join(socket: Socket, client: string): void {
    const holder = this.#holders.get(client) ?? { name: client, sockets: new Set(), idle: new Set() };
    this.#holders.set(client, holder);
    this.#bySocket.set(socket, holder);
    this.#count(holder, () => holder.sockets.add(socket));
    holder.idle.add(socket);
  }

  #count(holder: Holder, change: () => unknown): void {
    this.#byCount[holder.sockets.size]?.delete(holder);
    change();
    const { size } = holder.sockets;
    if (size > 0) {
      this.#byCount[size] ??= new Set();
      this.#byCount[size].add(holder);
    }
    this.#most = Math.max(this.#most, size);
    while (this.#most > 0 && (this.#byCount[this.#most]?.size ?? 0) === 0) this.#most -= 1;
  }
}

/** A client with so many times as many connections loses one that is busy, when it has no idle one. */
const FAR_MORE = 4;
/** Clients that are looked at for an idle connection: one look must cost little, as strangers cause it. */
const MOST_LOOKS = 64;
