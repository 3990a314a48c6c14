import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { KitError } from '../../contract/errors.ts';
import type { IncomingBody, RequestContext } from '../request-context.ts';

/** How much of a body waits in the gate, over what the sockets hold. */
const BUFFERED_BYTES = 64 * 1024;

/**
 * The body of a request as undici may have it: not read before undici reads, cut off at a limit, and free to be
 * destroyed without taking the client's connection along, as the request itself would.
 */
export class RequestBody extends Readable implements IncomingBody {
  readonly #request: IncomingMessage;
  readonly #context: RequestContext;
  readonly #maxBytes: number;
  #isReading = false;

  constructor(context: RequestContext, maxBytes: number) {
    super({ highWaterMark: BUFFERED_BYTES });
    this.#request = context.request;
    this.#context = context;
    this.#maxBytes = maxBytes;
    context.body = this;
  }

  /** Whether it is the client who must send for things to go on. */
  get awaitsClient(): boolean {
    return this.#isReading && !this.destroyed && !this.#request.complete && !this.#request.isPaused();
  }

  /** Whether more of it is here than the service has taken. */
  get awaitsService(): boolean {
    return this.#isReading && !this.destroyed && this.#request.isPaused();
  }

  override _read(): void {
    if (this.#isReading) {
      this.#request.resume();
      return;
    }
    this.#isReading = true;
    this.#request.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#request.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose);
    callback(error);
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#context.bytesIn += chunk.length;
    if (this.#context.bytesIn > this.#maxBytes) this.destroy(bodyTooLarge(this.#maxBytes));
    else if (!this.push(chunk)) this.#request.pause();
  };

  readonly #onEnd = (): void => {
    this.push(null);
  };

  readonly #onClose = (): void => {
    if (!this.#request.readableEnded) this.destroy(new Error('the client broke off its request'));
  };
}

export function bodyTooLarge(maxBytes: number): KitError {
  return new KitError('body_too_large', `the body is longer than the ${maxBytes} bytes that this path takes`);
}
