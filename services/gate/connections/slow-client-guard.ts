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
  readonly #readers = new Map<Socket, Transfer>();

  constructor(connections: Connections, limits: GateLimits) {
    this.#connections = connections;
    this.#bytesPerMs = limits.minBodyBytesPerSecond / 1_000;
    this.#graceMs = limits.idleTimeoutMs;
  }

  /** Checks every connection, and counts `passedMs` as waiting time of each client that the gate waits for. */
  check(passedMs: number): void {
    for (const socket of this.#connections.sockets) {
      this.#checkSender(socket, passedMs);
      this.#checkReader(socket, passedMs);
    }
    for (const socket of this.#senders.keys()) if (socket.destroyed) this.#senders.delete(socket);
    for (const socket of this.#readers.keys()) if (socket.destroyed) this.#readers.delete(socket);
  }

  #checkSender(socket: Socket, passedMs: number): void {
    const context = this.#connections.latestRequest(socket)?.context;
    if (context?.body === undefined || context.body.destroyed) {
      this.#senders.delete(socket);
      return;
    }
    if (!context.body.awaitsClient) return;
    const known = this.#senders.get(socket);
    const transfer = known?.context === context ? known.transfer : new Transfer(context.bytesIn);
    if (known?.transfer !== transfer) this.#senders.set(socket, { context, transfer });
    if (!transfer.isTooSlow(passedMs, context.bytesIn, 0, this.#bytesPerMs, this.#graceMs)) return;
    context.body.destroy(new KitError('request_timeout', 'the body comes too slowly'));
  }

  /** A write counts when the system has taken all of it, so what is under way may have been read. */
  #checkReader(socket: Socket, passedMs: number): void {
    const waiting = socket.writableLength;
    if (waiting === 0) {
      this.#readers.delete(socket);
      return;
    }
    const taken = socket.bytesWritten - waiting;
    const transfer = this.#readers.get(socket) ?? new Transfer(taken);
    this.#readers.set(socket, transfer);
    if (!transfer.isTooSlow(passedMs, taken, waiting, this.#bytesPerMs, this.#graceMs)) return;
    const context = this.#connections.latestRequest(socket)?.context;
    if (context !== undefined) context.code ??= 'request_timeout';
    // Reset, or the system would keep what is unsent for as long as the client likes.
    socket.resetAndDestroy();
  }
}

interface Sender {
  readonly context: RequestContext;
  readonly transfer: Transfer;
}

/** The bytes that a client has moved, and the time that the gate has waited for it. */
class Transfer {
  #waitedMs = 0;
  #fromBytes: number;

  constructor(fromBytes: number) {
    this.#fromBytes = fromBytes;
  }

  /** `unsure` bytes may have been moved beyond `bytes`. A client that is in time starts again at zero: it cannot save up. */
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
