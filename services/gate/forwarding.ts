import type { ServerResponse } from 'node:http';
import { KitError } from '../contract/errors.ts';
import type { Admitted } from './admit.ts';
import { forwardRequest } from './forward.ts';
import { hasBody } from './framing.ts';
import type { GateOptions, GateRoute } from './options.ts';
import type { Traffic } from './traffic.ts';
import { Upgrades } from './upgrade.ts';
import { Upstream } from './upstream.ts';
import type { Visit } from './visit.ts';

/** All that is loaded once the port is open: the upstreams and the two ways to them. */
export class Forwarding {
  readonly #options: GateOptions;
  readonly #traffic: Traffic;
  readonly #upgrades: Upgrades;
  readonly #upstreams = new Map<GateRoute, Upstream>();

  constructor(options: GateOptions, traffic: Traffic) {
    this.#options = options;
    this.#traffic = traffic;
    this.#upgrades = new Upgrades(options, traffic);
    const byAddress = new Map<string, Upstream>();
    for (const route of options.routes) {
      const key = `${route.service} ${route.upstream.host} ${route.upstream.port}`;
      const upstream = byAddress.get(key) ?? new Upstream(route.service, route.upstream, options.limits);
      byAddress.set(key, upstream);
      this.#upstreams.set(route, upstream);
      if (route.upgrade) void this.#upgrades.prepare(upstream);
    }
  }

  forward(visit: Visit, response: ServerResponse, admitted: Admitted, route: GateRoute): void {
    visit.service = route.service;
    forwardRequest(
      { options: this.#options, traffic: this.#traffic, upstream: this.#of(route), visit, response, route },
      admitted,
    );
  }

  /** Throws `upgrade_refused`, and `framing_invalid` for an upgrade with a body. */
  async upgrade(visit: Visit, head: Buffer, admitted: Admitted, route: GateRoute): Promise<void> {
    const { request } = visit;
    visit.service = route.service;
    if (hasBody(admitted.framing)) throw new KitError('framing_invalid', 'an upgrade has no body');
    if (
      !route.upgrade ||
      request.method !== 'GET' ||
      request.httpVersion !== '1.1' ||
      !isWebSocket(request.headers.upgrade)
    ) {
      throw new KitError('upgrade_refused', 'this is not a WebSocket upgrade on a path that takes them');
    }
    await this.#upgrades.open(this.#of(route), visit, head, admitted, route);
  }

  async destroy(): Promise<void> {
    await Promise.all([...new Set(this.#upstreams.values())].map((upstream) => upstream.destroy()));
  }

  #of(route: GateRoute): Upstream {
    const upstream = this.#upstreams.get(route);
    if (upstream === undefined) throw new Error(`no upstream for ${route.prefix}`);
    return upstream;
  }
}

function isWebSocket(upgrade: string | undefined): boolean {
  return upgrade?.toLowerCase() === 'websocket';
}
