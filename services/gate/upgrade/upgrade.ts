import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { RequestHandler } from 'http-proxy-middleware';
import type { Admitted } from '../admission/admit.ts';
import type { Connections } from '../connections/connections.ts';
import type { GateOptions, GateRoute } from '../contract/options.ts';
import { serviceUnavailable } from '../contract/service-problems.ts';
import { upstreamHeaders } from '../forward/request-headers.ts';
import type { Upstream } from '../forward/upstream.ts';
import type { RequestContext } from '../request-context.ts';
import { UpgradeAttempt } from './upgrade-attempt.ts';

/** Takes WebSocket upgrades to their upstreams through http-proxy-middleware, which sees only cleaned headers. */
export class Upgrades {
  readonly #options: GateOptions;
  readonly #connections: Connections;
  readonly #middlewares = new Map<Upstream, Promise<RequestHandler>>();
  readonly #attempts = new WeakMap<IncomingMessage, UpgradeAttempt>();

  constructor(options: GateOptions, connections: Connections) {
    this.#options = options;
    this.#connections = connections;
  }

  /** Throws `service_unavailable` when the upstream stays away; every other fault is answered by the attempt. */
  async open(
    upstream: Upstream,
    context: RequestContext,
    head: Buffer,
    admitted: Admitted,
    route: GateRoute,
  ): Promise<void> {
    const { request } = context;
    const headers = upstreamHeaders(request, admitted, context.clientInfo, route, this.#options.secret);
    const attempt = new UpgradeAttempt(this.#options, this.#connections, upstream.service, context);
    this.#attempts.set(request, attempt);
    const middleware = await this.#middlewareOf(upstream);
    if (route.holds !== false) await whenReachable(upstream, context);
    if (attempt.isOver) return;
    request.url = admitted.target;
    request.headers = { ...headerObject(headers), connection: 'Upgrade', upgrade: 'websocket' };
    middleware.upgrade(request, request.socket, head);
  }

  /** Loaded by the first upgrade: at the start it would hold up the first answers, and many kits see none. */
  #middlewareOf(upstream: Upstream): Promise<RequestHandler> {
    const middleware = this.#middlewares.get(upstream) ?? this.#createMiddleware(upstream);
    this.#middlewares.set(upstream, middleware);
    return middleware;
  }

  async #createMiddleware(upstream: Upstream): Promise<RequestHandler> {
    const { createProxyMiddleware } = await import('http-proxy-middleware');
    return createProxyMiddleware({
      // Asked for each upgrade: an upstream may move.
      router: () => upstream.origin,
      on: {
        proxyReqWs: (proxyRequest, request) => this.#attempts.get(request)?.follow(proxyRequest),
        error: (error, request) => this.#attempts.get(request)?.fail(error),
      },
    });
  }
}

/** A refused connection cannot be tried again once the library has it, so a probe goes first. */
function whenReachable(upstream: Upstream, context: RequestContext): Promise<void> {
  const { socket } = context.request;
  return new Promise((resolve, reject) => {
    const onClose = (): void => {
      cancel();
      resolve();
    };
    const cancel = upstream.hold.wait(
      context.startedMs,
      () => {
        socket.off('close', onClose);
        resolve();
      },
      () => reject(serviceUnavailable(upstream.service)),
    );
    socket.once('close', onClose);
  });
}

function headerObject(list: readonly string[]): IncomingHttpHeaders {
  const headers: Record<string, string> = {};
  for (let index = 0; index + 1 < list.length; index += 2) {
    const name = (list[index] ?? '').toLowerCase();
    const value = list[index + 1] ?? '';
    const before = headers[name];
    headers[name] = before === undefined ? value : `${before}${name === 'cookie' ? '; ' : ', '}${value}`;
  }
  return headers;
}
