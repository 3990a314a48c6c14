import type { ServerResponse } from 'node:http';
import { KitError } from '../contract/errors.ts';
import type { Admitted } from './admission/admit.ts';
import { hasBody } from './admission/framing.ts';
import type { Connections } from './connections/connections.ts';
import type { GateOptions, GateRoute } from './contract/options.ts';
import { forwardRequest } from './forward/forward.ts';
import { Upstream } from './forward/upstream.ts';
import type { RequestContext } from './request-context.ts';
import { Upgrades } from './upgrade/upgrade.ts';

/** Forwards requests and upgrades to their upstreams. The gate loads it once its port is open. */
export class Forwarder {
  readonly #options: GateOptions;
  readonly #connections: Connections;
  readonly #upgrades: Upgrades;
  readonly #byRoute = new WeakMap<GateRoute, Upstream>();
  /** By service and address. */
  #upstreams: ReadonlyMap<string, Upstream> = new Map();
  readonly #retired = new Set<Upstream>();

  constructor(options: GateOptions, connections: Connections) {
    this.#options = options;
    this.#connections = connections;
    this.#upgrades = new Upgrades(options, connections);
    this.updateRoutes(options.routes);
  }

  /**
   * Calls services at these addresses from now on. Where a service has moved, its connections and those who wait for
   * it move along, and what is under way ends where it is; what no route leads to any more is let go likewise.
   */
  updateRoutes(routes: readonly GateRoute[]): void {
    const wanted = new Map(routes.map((route) => [keyOf(route), route]));
    const free = [...this.#upstreams].filter(([key]) => !wanted.has(key)).map(([, upstream]) => upstream);
    const upstreams = new Map<string, Upstream>();
    for (const [key, { service, upstream: address }] of wanted) {
      const known = this.#upstreams.get(key);
      const moved = known === undefined ? takeFrom(free, service) : undefined;
      moved?.moveTo(address);
      upstreams.set(key, known ?? moved ?? new Upstream(service, address, this.#options.limits));
    }
    for (const upstream of free) {
      upstream.retire();
      this.#retired.add(upstream);
    }
    this.#upstreams = upstreams;
    for (const route of routes) {
      const upstream = upstreams.get(keyOf(route));
      if (upstream !== undefined) this.#byRoute.set(route, upstream);
    }
  }

  forward(context: RequestContext, response: ServerResponse, admitted: Admitted, route: GateRoute): void {
    context.service = route.service;
    forwardRequest(
      {
        options: this.#options,
        connections: this.#connections,
        upstream: this.#of(route),
        context,
        response,
        route,
      },
      admitted,
    );
  }

  /** Throws `upgrade_refused`, and `framing_invalid` for an upgrade with a body. */
  async upgrade(context: RequestContext, head: Buffer, admitted: Admitted, route: GateRoute): Promise<void> {
    const { request } = context;
    context.service = route.service;
    if (hasBody(admitted.framing)) throw new KitError('framing_invalid', 'an upgrade has no body');
    if (
      !route.upgrade ||
      request.method !== 'GET' ||
      request.httpVersion !== '1.1' ||
      !isWebSocket(request.headers.upgrade)
    ) {
      throw new KitError('upgrade_refused', 'this is not a WebSocket upgrade on a path that takes them');
    }
    await this.#upgrades.open(this.#of(route), context, head, admitted, route);
  }

  async destroy(): Promise<void> {
    await Promise.all([...this.#upstreams.values(), ...this.#retired].map((upstream) => upstream.destroy()));
  }

  #of(route: GateRoute): Upstream {
    const upstream = this.#byRoute.get(route);
    if (upstream === undefined) throw new Error(`no upstream for ${route.prefix}`);
    return upstream;
  }
}

function keyOf({ service, upstream }: GateRoute): string {
  return `${service} ${upstream.host} ${upstream.port}`;
}

function takeFrom(free: Upstream[], service: string): Upstream | undefined {
  const at = free.findIndex((upstream) => upstream.service === service);
  return at < 0 ? undefined : free.splice(at, 1)[0];
}

function isWebSocket(upgrade: string | undefined): boolean {
  return upgrade?.toLowerCase() === 'websocket';
}
