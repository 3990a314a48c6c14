import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Dispatcher } from 'undici';
import { KitError } from '../../contract/errors.ts';
import type { Admitted } from '../admission/admit.ts';
import { type Framing, hasBody } from '../admission/framing.ts';
import { guarded } from '../answer/guarded.ts';
import { refuse } from '../answer/problems.ts';
import type { Traffic } from '../connections/connections.ts';
import type { GateOptions, GateRoute } from '../contract/options.ts';
import type { Visit } from '../request-context.ts';
import { noteBodyBytes } from './collect-garbage.ts';
import { bodyTooLarge, RequestBody } from './request-body.ts';
import { upstreamHeaders } from './request-headers.ts';
import { Answer, breakOff } from './response.ts';
import type { Upstream } from './upstream.ts';
import { isClosedConnection, isUnsendable, serviceUnavailable, upstreamProblem } from './upstream-error.ts';
import { UpstreamHandler } from './upstream-handler.ts';

/** Methods that may be sent twice. Source: RFC 9110 §9.2.2. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

const EVENT_STREAM = /^text\/event-stream\b/i;

/** Sends an admitted request to its upstream and the answer back, both as they come. Throws what is wrong beforehand. */
export function forwardRequest(way: Way, admitted: Admitted): void {
  const { options, visit, route } = way;
  const { limits, secret } = options;
  const maxBodyBytes = route.maxBodyBytes ?? limits.maxBodyBytes;
  if (admitted.framing.contentLength > maxBodyBytes) throw bodyTooLarge(maxBodyBytes);
  const body = hasBody(admitted.framing) ? new RequestBody(visit, maxBodyBytes) : null;
  const dispatch: Dispatcher.DispatchOptions = {
    path: admitted.target,
    method: visit.request.method ?? 'GET',
    headers: upstreamHeaders(visit.request, admitted, visit.edge, route, secret),
    body,
    headersTimeout: limits.upstreamTimeoutMs,
    bodyTimeout: limits.idleTimeoutMs,
    ...(mayReuseConnection(admitted.framing, route) ? {} : { reset: true }),
  };
  new Exchange({ ...way, dispatch, body }).start();
}

/**
 * Whether other requests may follow this one on its connection. A service that leaves a body unread takes it for the
 * next request, and the next client gets the answer to it (test: reuse). Only kit services are known to read bodies.
 * A chunked body may also end elsewhere for the upstream than for us (CVE-2026-29057).
 */
function mayReuseConnection(framing: Framing, { internal }: GateRoute): boolean {
  return !hasBody(framing) || (internal && !framing.chunked);
}

/** From whom to whom a request goes. */
export interface Way {
  readonly options: GateOptions;
  readonly traffic: Traffic;
  readonly upstream: Upstream;
  readonly visit: Visit;
  readonly response: ServerResponse;
  readonly route: GateRoute;
}

interface Parts extends Way {
  readonly dispatch: Dispatcher.DispatchOptions;
  readonly body: RequestBody | null;
}

/** One request with its answer: what undici calls back, and what the client's connection says meanwhile. */
class Exchange extends UpstreamHandler {
  readonly #parts: Parts;
  readonly #answer: Answer;
  #controller: Dispatcher.DispatchController | undefined;
  #stopWaiting: (() => void) | undefined;
  #heldSinceMs: number | undefined;
  /** The request is on its way: from here on, only what is idempotent may be sent again. */
  #isSent = false;
  #isReusedSocket = false;
  #isAnswered = false;
  #isRetry = false;
  #isOver = false;

  constructor(parts: Parts) {
    super();
    this.#parts = parts;
    this.#answer = new Answer(parts, parts.upstream.service, (thrown) => this.onFault(thrown));
  }

  start(): void {
    const { visit, response } = this.#parts;
    const abandon = () => this.#abandon();
    visit.abandon = abandon;
    response.on('close', this.#guarded(abandon));
    response.on(
      'drain',
      this.#guarded(() => this.#controller?.resume()),
    );
    response.on(
      'timeout',
      this.#guarded((socket: Socket) => this.#onClientIdle(socket)),
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
    const { visit, response } = this.#parts;
    if (visit.awaitsContinue) {
      visit.awaitsContinue = false;
      this.#answer.inTurn(() => response.writeContinue());
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
    const { visit, traffic, body } = this.#parts;
    const { 'content-length': contentLength, 'transfer-encoding': coding } = headers;
    const head = { status, text, raw: controller.rawHeaders, contentLength, coding };
    if (status < 200) {
      this.#answer.writeInterim(head);
      return;
    }
    const isBodyUnread = body !== null && !visit.request.complete;
    this.#answer.start(head, isBodyUnread || traffic.isDraining);
    if (EVENT_STREAM.test(String(headers['content-type']))) this.#endAtDrain();
  }

  onBodySent(chunk: Buffer): void {
    noteBodyBytes(chunk.length);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    noteBodyBytes(chunk.length);
    if (!this.#answer.write(chunk)) controller.pause();
  }

  onResponseEnd(): void {
    this.#isOver = true;
    this.#answer.finish(this.#parts.body !== null);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#isOver) return;
    const { upstream, dispatch, response, route } = this.#parts;
    if (!this.#isSent && !isUnsendable(error)) {
      upstream.hold.reportRefused();
      if (route.holds === false) this.#fail(serviceUnavailable(upstream.service));
      else this.#wait();
      return;
    }
    if (this.#mayRetry(error)) {
      this.#isRetry = true;
      this.#isSent = false;
      upstream.dispatchAfresh(dispatch, this);
      return;
    }
    if (response.headersSent) this.#breakOff(error);
    else this.#fail(upstreamProblem(upstream.service, error));
  }

  /** Ends the exchange after a callback has thrown: with a refusal while that is possible, else with the connection. */
  onFault(thrown: unknown): void {
    this.#isOver = true;
    const { options, visit, response, traffic, body } = this.#parts;
    refuse(options.log, visit, response, thrown, traffic.isDraining);
    this.#stopWaiting?.();
    this.#controller?.abort(new Error('the exchange failed in the gate', { cause: thrown }));
    body?.destroy();
  }

  #guarded<Arguments extends readonly unknown[]>(
    callback: (...values: Arguments) => void,
  ): (...values: Arguments) => void {
    return guarded((thrown) => this.onFault(thrown), callback);
  }

  #attempt(): void {
    const { upstream, dispatch, route } = this.#parts;
    if (upstream.hold.isDown && route.holds !== false) this.#wait();
    else upstream.dispatch(dispatch, this);
  }

  #wait(): void {
    const { upstream, dispatch } = this.#parts;
    this.#heldSinceMs ??= performance.now();
    this.#stopWaiting = upstream.hold.wait(
      this.#heldSinceMs,
      this.#guarded(() => upstream.dispatch(dispatch, this)),
      this.#guarded(() => this.#fail(serviceUnavailable(upstream.service))),
    );
  }

  #mayRetry(error: Error): boolean {
    const { dispatch, body } = this.#parts;
    if (this.#isRetry || this.#isAnswered || !this.#isReusedSocket || body !== null) return false;
    return IDEMPOTENT.has(dispatch.method) && isClosedConnection(error);
  }

  #onClientIdle(socket: Socket): void {
    const { response } = this.#parts;
    const error = this.#blame();
    if (error === undefined) {
      socket.setTimeout(this.#parts.options.limits.idleTimeoutMs);
      return;
    }
    if (response.headersSent) this.#breakOff(error);
    else this.#fail(error);
    this.#controller?.abort(error);
  }

  /** Who it is that nothing has moved for, on the client's connection: nobody while the service works on an answer. */
  #blame(): KitError | undefined {
    const { response, body, options, upstream } = this.#parts;
    const { idleTimeoutMs } = options.limits;
    if (body?.awaitsClient === true || response.writableNeedDrain || response.writableEnded)
      return new KitError('request_timeout', `nothing was sent for ${idleTimeoutMs} ms`);
    if (body?.awaitsService === true)
      return new KitError(
        'service_silent',
        `${upstream.service} read nothing of the body for ${idleTimeoutMs} ms`,
      );
    return undefined;
  }

  #breakOff(error: Error): void {
    this.#isOver = true;
    const { visit, response, upstream } = this.#parts;
    visit.code = upstreamProblem(upstream.service, error).code;
    breakOff(visit, response);
  }

  #fail(error: KitError): void {
    this.#isOver = true;
    const { options, visit, response, traffic } = this.#parts;
    refuse(options.log, visit, response, error, traffic.isDraining);
  }

  /** An event stream has no end of its own. */
  #endAtDrain(): void {
    const { traffic, response } = this.#parts;
    const endStream = this.#guarded(() => {
      this.#abandon();
      response.end();
    });
    traffic.eventStreams.add(endStream);
    response.once(
      'close',
      this.#guarded(() => traffic.eventStreams.delete(endStream)),
    );
    if (traffic.isDraining) endStream();
  }

  /** The client has gone, or has got its answer elsewhere: so must the upstream's side go. */
  #abandon(): void {
    this.#stopWaiting?.();
    if (this.#isOver) return;
    this.#isOver = true;
    this.#controller?.abort(new Error('the client has gone'));
    this.#parts.body?.destroy();
  }
}
