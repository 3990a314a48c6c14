import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Dispatcher } from 'undici';
import { KitError } from '../../contract/errors.ts';
import { abortResponse } from '../answer/abort-response.ts';
import { refuse } from '../answer/problems.ts';
import { catchFaults } from '../catch-faults.ts';
import type { Connections } from '../connections/connections.ts';
import type { GateOptions, GateRoute } from '../contract/options.ts';
import { serviceUnavailable } from '../contract/service-problems.ts';
import type { RequestContext } from '../request-context.ts';
import { noteBodyBytes } from './collect-garbage.ts';
import { phraseAsUtf8Bytes } from './reason-phrase-bytes.ts';
import type { RequestBody } from './request-body.ts';
import { ResponseWriter } from './response-writer.ts';
import type { Upstream } from './upstream.ts';
import { isClosedConnection, isUnsendable, upstreamProblem } from './upstream-error.ts';
import { UpstreamHandler } from './upstream-handler.ts';

/** The client's side of an exchange, the service's side, and the gate between them. */
export interface ExchangeParts {
  readonly options: GateOptions;
  readonly connections: Connections;
  readonly upstream: Upstream;
  readonly context: RequestContext;
  readonly response: ServerResponse;
  readonly route: GateRoute;
}

/** Methods that may be sent twice. Source: RFC 9110 §9.2.2. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

const EVENT_STREAM = /^text\/event-stream\b/i;

/** One request with its answer: what undici calls back, and what the client's connection says meanwhile. */
export class Exchange extends UpstreamHandler {
  readonly #parts: ExchangeParts;
  readonly #dispatch: Dispatcher.DispatchOptions;
  readonly #body: RequestBody | null;
  readonly #writer: ResponseWriter;
  #controller: Dispatcher.DispatchController | undefined;
  #stopWaiting: (() => void) | undefined;
  #heldSinceMs: number | undefined;
  /** The request is on its way: from here on, only what is idempotent may be sent again. */
  #isSent = false;
  #isReusedSocket = false;
  #isAnswered = false;
  #isRetry = false;
  #isOver = false;

  constructor(parts: ExchangeParts, dispatch: Dispatcher.DispatchOptions, body: RequestBody | null) {
    super();
    this.#parts = parts;
    this.#dispatch = dispatch;
    this.#body = body;
    this.#writer = new ResponseWriter(parts, parts.upstream.service, (thrown) => this.onFault(thrown));
  }

  start(): void {
    const { context, response } = this.#parts;
    const abandon = () => this.#abandon();
    context.abandon = abandon;
    response.on('close', this.#catchFaults(abandon));
    response.on(
      'drain',
      this.#catchFaults(() => this.#controller?.resume()),
    );
    response.on(
      'timeout',
      this.#catchFaults((socket: Socket) => this.#onClientIdle(socket)),
    );
    this.#attempt();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isOver) {
      controller.abort(new Error('the client has gone'));
      return;
    }
    this.#isSent = true;
    const { connection } = this;
    this.#isReusedSocket = connection !== undefined && connection.requestsOnSocket++ > 0;
    const { context, response } = this.#parts;
    if (context.awaitsContinue) {
      context.awaitsContinue = false;
      this.#writer.inTurn(() => response.writeContinue());
    }
  }

  /** The first byte of an answer is there. */
  onResponseStarted(): void {
    this.#isAnswered = true;
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
    text = '',
  ): void {
    const { context, connections } = this.#parts;
    const { 'content-length': contentLength, 'transfer-encoding': coding } = headers;
    const phrase = this.connection?.hasPhraseBytes === true ? text : phraseAsUtf8Bytes(text);
    const head = { status, phrase, raw: controller.rawHeaders, contentLength, coding };
    if (status < 200) {
      this.#writer.writeInterim(head);
      return;
    }
    const isBodyUnread = this.#body !== null && !context.request.complete;
    this.#writer.start(head, isBodyUnread || connections.isDraining);
    if (EVENT_STREAM.test(String(headers['content-type']))) this.#endAtDrain();
  }

  onBodySent(chunk: Buffer): void {
    noteBodyBytes(chunk.length);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    noteBodyBytes(chunk.length);
    if (!this.#writer.write(chunk)) controller.pause();
  }

  onResponseEnd(): void {
    this.#isOver = true;
    this.#writer.finish(this.#body !== null);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#isOver) return;
    const { upstream, response, route } = this.#parts;
    if (!this.#isSent && !isUnsendable(error)) {
      upstream.hold.reportRefused();
      if (route.holds === false) this.#fail(serviceUnavailable(upstream.service));
      else this.#wait();
      return;
    }
    if (this.#mayRetry(error)) {
      this.#isRetry = true;
      this.#isSent = false;
      upstream.dispatchOnNewConnection(this.#dispatch, this);
      return;
    }
    if (response.headersSent) this.#abort(error);
    else this.#fail(upstreamProblem(upstream.service, error));
  }

  /** Ends the exchange: with a refusal while that is possible, else with the connection. */
  giveUp(error: KitError): void {
    if (this.#parts.response.headersSent) this.#abort(error);
    else this.#fail(error);
    this.#stopWaiting?.();
    this.#controller?.abort(error);
  }

  /** Ends the exchange after a callback has thrown: with a refusal while that is possible, else with the connection. */
  onFault(thrown: unknown): void {
    this.#isOver = true;
    const { options, context, response, connections } = this.#parts;
    refuse(options.log, context, response, thrown, connections.isDraining);
    this.#stopWaiting?.();
    this.#controller?.abort(new Error('the exchange failed in the gate', { cause: thrown }));
    this.#body?.destroy();
  }

  #catchFaults<Arguments extends readonly unknown[]>(
    callback: (...values: Arguments) => void,
  ): (...values: Arguments) => void {
    return catchFaults((thrown) => this.onFault(thrown), callback);
  }

  #attempt(): void {
    const { upstream, route } = this.#parts;
    if (upstream.hold.isDown && route.holds !== false) this.#wait();
    else upstream.dispatch(this.#dispatch, this);
  }

  #wait(): void {
    const { upstream } = this.#parts;
    this.#heldSinceMs ??= performance.now();
    this.#stopWaiting = upstream.hold.wait(
      this.#heldSinceMs,
      this.#catchFaults(() => upstream.dispatch(this.#dispatch, this)),
      this.#catchFaults(() => this.#fail(serviceUnavailable(upstream.service))),
    );
  }

  #mayRetry(error: Error): boolean {
    if (this.#isRetry || this.#isAnswered || !this.#isReusedSocket || this.#body !== null) return false;
    return IDEMPOTENT.has(this.#dispatch.method) && isClosedConnection(error);
  }

  #onClientIdle(socket: Socket): void {
    const error = this.#idleError();
    if (error === undefined) socket.setTimeout(this.#parts.options.limits.idleTimeoutMs);
    else this.giveUp(error);
  }

  /** The error of the side that lets the client's connection idle: none while the service works on an answer. */
  #idleError(): KitError | undefined {
    const { response, options, upstream } = this.#parts;
    const { idleTimeoutMs } = options.limits;
    if (this.#body?.awaitsClient === true || response.writableNeedDrain || response.writableEnded)
      return new KitError('request_timeout', `nothing was sent for ${idleTimeoutMs} ms`);
    if (this.#body?.awaitsService === true)
      return new KitError(
        'service_silent',
        `${upstream.service} read nothing of the body for ${idleTimeoutMs} ms`,
      );
    return undefined;
  }

  #abort(error: Error): void {
    this.#isOver = true;
    const { context, response, upstream } = this.#parts;
    context.code = upstreamProblem(upstream.service, error).code;
    abortResponse(context, response);
  }

  #fail(error: KitError): void {
    this.#isOver = true;
    const { options, context, response, connections } = this.#parts;
    refuse(options.log, context, response, error, connections.isDraining);
  }

  /** An event stream has no end of its own. */
  #endAtDrain(): void {
    const { connections, response } = this.#parts;
    const endStream = this.#catchFaults(() => {
      this.#abandon();
      response.end();
    });
    connections.eventStreams.add(endStream);
    response.once(
      'close',
      this.#catchFaults(() => connections.eventStreams.delete(endStream)),
    );
    if (connections.isDraining) endStream();
  }

  /** The client has gone, or has got its answer elsewhere: so must the upstream's side go. */
  #abandon(): void {
    this.#stopWaiting?.();
    if (this.#isOver) return;
    this.#isOver = true;
    this.#controller?.abort(new Error('the client has gone'));
    this.#body?.destroy();
  }
}
