import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';

/** What a handler learns of the connection that carries its request. */
export interface UpstreamConnection {
  /** Requests that it has carried so far. */
  requestsOnSocket: number;
  /** Reason phrases come as Latin-1 text, one character for each byte; else as UTF-8. */
  readonly hasPhraseBytes: boolean;
}

/** What undici calls during one exchange. The client sets `connection` to itself before it sends the request. */
export abstract class UpstreamHandler implements Dispatcher.DispatchHandler {
  connection: UpstreamConnection | undefined;

  abstract onRequestStart(controller: Dispatcher.DispatchController): void;
  abstract onResponseStarted(): void;
  abstract onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
    text?: string,
  ): void;
  abstract onBodySent(chunk: Buffer): void;
  abstract onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void;
  abstract onResponseEnd(): void;
  abstract onResponseError(controller: Dispatcher.DispatchController, error: Error): void;

  /** A callback threw. Ends the exchange, with a refusal or with the client's connection; throws nothing. */
  abstract onFault(thrown: unknown): void;
}

/**
 * Passes undici's calls on, and what they throw to `onFault`. undici itself aborts the request then, ignores what
 * `onResponseError` throws, and calls nothing after `onResponseEnd`: the client would never hear of it.
 */
export class FaultCatchingHandler extends UpstreamHandler {
  readonly #handler: UpstreamHandler;

  constructor(handler: UpstreamHandler) {
    super();
    this.#handler = handler;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    try {
      this.#handler.connection = this.connection;
      this.#handler.onRequestStart(controller);
    } catch (thrown) {
      this.onFault(thrown);
    }
  }

  onResponseStarted(): void {
    try {
      this.#handler.onResponseStarted();
    } catch (thrown) {
      this.onFault(thrown);
    }
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
    text?: string,
  ): void {
    try {
      this.#handler.onResponseStart(controller, status, headers, text);
    } catch (thrown) {
      this.onFault(thrown);
    }
  }

  onBodySent(chunk: Buffer): void {
    try {
      this.#handler.onBodySent(chunk);
    } catch (thrown) {
      this.onFault(thrown);
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    try {
      this.#handler.onResponseData(controller, chunk);
    } catch (thrown) {
      this.onFault(thrown);
    }
  }

  onResponseEnd(): void {
    try {
      this.#handler.onResponseEnd();
    } catch (thrown) {
      this.onFault(thrown);
    }
  }

  onResponseError(controller: Dispatcher.DispatchController, error: Error): void {
    try {
      this.#handler.onResponseError(controller, error);
    } catch (thrown) {
      this.onFault(thrown);
    }
  }

  onFault(thrown: unknown): void {
    this.#handler.onFault(thrown);
  }
}
