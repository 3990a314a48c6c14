import type { Socket } from 'node:net';
import { KitError } from '../../contract/errors.ts';
import type { GateLimits } from '../contract/options.ts';
import type { RequestContext } from '../request-context.ts';
import type { Connections } from './connections.ts';

/**
 * Finds the clients that drip: a byte of a body now and then, or a byte taken of an answer, which no idle timeout
 * catches. Only the time counts in which the gate waits for the client: not while a service is slow, nor while nothing
 * is to be sent. On average a client must keep to `minBodyBytesPerSecond` after the first `idleTimeoutMs`.
 */
export class SlowClientGuard {
  readonly #connections: Connections;
  readonly #bytesPerMs: number;
  readonly #graceMs: number;
  readonly #senders = new Map<Socket, Sender>();
  readonly #readers = new Map<Socket, Lag>();

  constructor(connections: Connections, limits: GateLimits) {
    this.#connections = connections;
    this.#bytesPerMs = limits.minBodyBytesPerSecond / 1_000;
    this.#graceMs = limits.idleTimeoutMs;
  }

  /** Looks at every connection. `passedMs` since the last look is put to the account of those who are waited for. */
  look(passedMs: number): void {
    for (const socket of this.#connections.sockets) {
      this.#lookAtSender(socket, passedMs);
      this.#lookAtReader(socket, passedMs);
    }
    for (const socket of this.#senders.keys()) if (socket.destroyed) this.#senders.delete(socket);
    for (const socket of this.#readers.keys()) if (socket.destroyed) this.#readers.delete(socket);
  }

  #lookAtSender(socket: Socket, passedMs: number): void {
    const context = this.#connections.latestRequest(socket)?.context;
    if (context?.body === undefined || context.body.destroyed) {
      this.#senders.delete(socket);
      return;
    }
    if (!context.body.awaitsClient) return;
    const known = this.#senders.get(socket);
    const lag = known?.context === context ? known.lag : new Lag(context.bytesIn);
    if (known?.lag !== lag) this.#senders.set(socket, { context, lag });
    if (!lag.isTooSlow(passedMs, context.bytesIn, 0, this.#bytesPerMs, this.#graceMs)) return;
    context.body.destroy(new KitError('request_timeout', 'the body comes too slowly'));
  }

  /** A write counts when the system has taken all of it, so what is under way may have been read. */
  #lookAtReader(socket: Socket, passedMs: number): void {
    const waiting = socket.writableLength;
    if (waiting === 0) {
      this.#readers.delete(socket);
      return;
    }
    const taken = socket.bytesWritten - waiting;
    const lag = this.#readers.get(socket) ?? new Lag(taken);
    this.#readers.set(socket, lag);
    if (!lag.isTooSlow(passedMs, taken, waiting, this.#bytesPerMs, this.#graceMs)) return;
    const context = this.#connections.latestRequest(socket)?.context;
    if (context !== undefined) context.code ??= 'request_timeout';
    // Reset, or the system would keep what is unsent for as long as the client likes.
    socket.resetAndDestroy();
  }
}

interface Sender {
  readonly context: RequestContext;
  readonly lag: Lag;
}

/** What a client has moved while it was waited for. */
class Lag {
  #waitedMs = 0;
  #fromBytes: number;

  constructor(fromBytes: number) {
    this.#fromBytes = fromBytes;
  }

  /** `unsure` bytes may have been moved beyond `bytes`. The account begins anew for who is in time, lest one saves up. */
  isTooSlow(passedMs: number, bytes: number, unsure: number, bytesPerMs: number, graceMs: number): boolean {
    this.#waitedMs += passedMs;
    if (this.#waitedMs < graceMs) return false;
    const moved = bytes - this.#fromBytes;
    if (moved >= this.#waitedMs * bytesPerMs) {
      this.#waitedMs = 0;
      this.#fromBytes = bytes;
      return false;
    }
    return moved + unsure < (this.#waitedMs - graceMs) * bytesPerMs;
  }
}
