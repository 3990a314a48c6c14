import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { ERRORS, KitError } from '../services/contract/errors.ts';
import { PROBLEM_TYPE, toProblem } from '../services/contract/problem.ts';
import { Hold } from '../services/gate/contract/hold.ts';
import type { GateOptions, GateRoute } from '../services/gate/contract/options.ts';
import { serviceSilent, serviceUnavailable } from '../services/gate/contract/service-problems.ts';
import { http } from '../services/runtime/http/node-http.ts';
import { AdmissionDesk } from './admission-desk.ts';
import { routeId } from './render-locations.ts';

/** Requests of which the beginning of their wait is remembered. */
const REMEMBERED = 10_000;

/**
 * The server that nginx asks for an error page when an exchange with a service has failed. It answers with a problem
 * document. Where nothing was sent, because the service takes no connection, it waits until the service does, and then
 * sends nginx back to the route.
 */
export class ErrorPageServer {
  readonly server: Server;
  readonly #desk: AdmissionDesk;
  readonly #holdMs: number;
  readonly #holds = new Map<string, Hold>();
  /** By request: when its first wait began. */
  readonly #since = new Map<string, number>();
  #routes: readonly GateRoute[] = [];

  constructor({ limits, routes, secret }: Pick<GateOptions, 'limits' | 'routes' | 'secret'>) {
    this.#desk = new AdmissionDesk({ limits, secret });
    this.#holdMs = limits.holdMs;
    this.updateRoutes(routes);
    this.server = http.createServer((request, response) => this.#answer(request, response));
  }

  updateRoutes(routes: readonly GateRoute[]): void {
    this.#routes = routes;
    const stays = new Set(routes.map(keyOf));
    for (const [key, hold] of this.#holds) {
      if (stays.has(key)) continue;
      hold.close();
      this.#holds.delete(key);
    }
  }

  close(): void {
    for (const hold of this.#holds.values()) hold.close();
    this.#desk.close();
    this.server.close();
    this.server.closeAllConnections();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const id = header(request, 'x-gate-request');
    const again = header(request, 'x-gate-again');
    const name = header(request, 'x-gate-route');
    const index = Number.parseInt(name, 10);
    const route = this.#routes[index];
    const fail = (error: KitError) => {
      this.#since.delete(id);
      refuse(response, error, id);
    };
    if (route !== undefined && request.url === '/admission')
      void this.#desk.answer(request, response, {
        route,
        hold: this.#holdOf(route),
        sinceMs: () => this.#sinceOf(id),
      });
    else if (route === undefined)
      fail(new KitError('internal_error', 'nginx asks about a route that is not there'));
    else if (isSilent(request) && route.silence !== undefined)
      fail(serviceSilent(route.service, undefined, route.silence.code));
    else if (last(header(request, 'x-gate-sent')) > 0) fail(brokenOff(route.service, request));
    // An old process of nginx would only ever go back to the old address.
    else if (again === '' || name !== routeId(index, route)) fail(serviceUnavailable(route.service));
    else {
      const cancel = this.#holdOf(route).wait(
        this.#sinceOf(id),
        () => response.writeHead(200, { 'x-accel-redirect': again }).end(),
        () => fail(serviceUnavailable(route.service)),
      );
      response.once('close', cancel);
    }
  }

  #holdOf(route: GateRoute): Hold {
    const key = keyOf(route);
    const hold = this.#holds.get(key) ?? new Hold(route.upstream, this.#holdMs);
    this.#holds.set(key, hold);
    return hold;
  }

  #sinceOf(id: string): number {
    const since = this.#since.get(id) ?? performance.now();
    this.#since.set(id, since);
    for (const oldest of this.#since.keys()) {
      if (this.#since.size <= REMEMBERED) break;
      this.#since.delete(oldest);
    }
    return since;
  }
}

function keyOf({ upstream }: GateRoute): string {
  return `${upstream.host} ${upstream.port}`;
}

function brokenOff(service: string, request: IncomingMessage): KitError {
  return isSilent(request)
    ? serviceSilent(service)
    : new KitError('service_refused', `${service} broke off the exchange`);
}

/** A limit on time has ended the try: for an answer, or for a connection. */
function isSilent(request: IncomingMessage): boolean {
  return last(header(request, 'x-gate-status')) === 504;
}

function refuse(response: ServerResponse, error: KitError, requestId: string): void {
  const problem = toProblem(error, requestId);
  const { retryAfterS } = ERRORS[problem.code];
  const body = Buffer.from(JSON.stringify(problem));
  response
    .writeHead(problem.status, {
      'content-type': PROBLEM_TYPE,
      'content-length': body.length,
      'cache-control': 'no-store',
      'x-gate-code': problem.code,
      ...(retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) }),
    })
    .end(body);
}

function header(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value : '';
}

/** nginx lists each try, parted by commas, and by colons where it was sent elsewhere in between. */
function last(list: string): number {
  const number = Number(list.split(/[,:]/).at(-1)?.trim());
  return Number.isNaN(number) ? 0 : number;
}
