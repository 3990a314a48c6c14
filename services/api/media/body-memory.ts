import type { Request, RequestHandler, Response } from 'express';
import { KitError } from '../../contract/errors.ts';
import { Budget, type Lease } from '../../runtime/budget.ts';
import { clientOf } from '../../runtime/http/client-of.ts';
import type { Log } from '../../runtime/log.ts';

/** Smaller bodies are not counted: as many as the gate lets in at once fit into memory. */
const COUNTED_FROM_BYTES = 64 * 1024;
/** Of the total, for one client: the rest is for the others. */
const SHARE = 3 / 4;
/** Longest that a body waits for memory, unread, before its request is refused. */
const WAIT_MS = 10_000;

export interface BodyMemoryOptions {
  /** Of all bodies that are in memory at one moment. */
  readonly totalBytes: number;
  readonly log?: Pick<Log, 'warn'>;
  readonly waitMs?: number;
}

/**
 * The memory for bodies: of requests, and of files that are fetched for requests. A body is read once there is room for
 * all of it. Until then it waits unread, at its sender and in the sockets. What waits too long is refused.
 */
export class BodyMemory {
  readonly budget: Budget;
  readonly #mostBytes: number;
  readonly #waitMs: number;
  readonly #waiting = new Set<() => void>();
  readonly #held = new WeakMap<Request, Lease[]>();

  constructor({ totalBytes, log, waitMs = WAIT_MS }: BodyMemoryOptions) {
    this.#mostBytes = Math.floor(totalBytes * SHARE);
    this.#waitMs = waitMs;
    this.budget = new Budget({
      resource: 'body_memory',
      total: totalBytes,
      share: this.#mostBytes,
      setting: 'API_BODY_MEMORY',
      ...(log === undefined ? {} : { log }),
    });
  }

  /**
   * Lets a request on when there is memory for its body. `maxBytes` counts for a body that does not say its length.
   * `copies`: how often the body is in memory while it is read.
   */
  admit(maxBytes: number, copies = 1): RequestHandler {
    return (request, response, next) => {
      const { headers } = request;
      const isChunked = headers['transfer-encoding'] !== undefined;
      const bytes = isChunked ? maxBytes : Math.min(maxBytes, Number(headers['content-length'] ?? 0));
      this.claim(request, response, bytes * copies).then(() => next(), next);
    };
  }

  /**
   * Resolves once this request may have so many bytes more in memory. They are given back by `release`, and with the end
   * of the response. Throws KitError `body_memory_full` after the wait.
   */
  async claim(request: Request, response: Response, bytes: number): Promise<void> {
    if (bytes < COUNTED_FROM_BYTES) return;
    // Never more than a client may have: the largest body passes alone.
    const amount = Math.min(bytes, this.#mostBytes);
    const lease = await this.#wait(clientOf(request.headers), amount, response);
    const leases = this.#held.get(request);
    if (leases !== undefined) leases.push(lease);
    else {
      this.#held.set(request, [lease]);
      response.once('close', () => this.release(request));
    }
    if (response.destroyed) this.release(request);
  }

  /** The bodies of this request are stored, or not needed any more. */
  release(request: Request): void {
    for (const lease of this.#held.get(request)?.splice(0) ?? []) lease.release();
    for (const tryBegin of this.#waiting) tryBegin();
  }

  #wait(client: string, amount: number, response: Response): Promise<Lease> {
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        clearTimeout(late);
        this.#waiting.delete(tryBegin);
        response.off('close', leave);
      };
      const tryBegin = (): void => {
        const lease = this.budget.fits(client, amount) ? this.budget.take(client, amount) : undefined;
        if (lease === undefined) return;
        stop();
        resolve(lease);
      };
      const leave = (): void => {
        stop();
        reject(new KitError('body_memory_full', 'the client left before there was memory for its body'));
      };
      const refuse = (): void => {
        stop();
        this.budget.noteRefusal(client);
        const message = `there was no memory for a body of ${amount} bytes within ${this.#waitMs} ms`;
        reject(new KitError('body_memory_full', message));
      };
      const late = setTimeout(refuse, this.#waitMs);
      this.#waiting.add(tryBegin);
      response.once('close', leave);
      tryBegin();
    });
  }
}
