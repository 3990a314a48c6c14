import { isIPv6 } from 'node:net';
import type { Address, GateRoute } from '../services/gate/contract/options.ts';
import { fillTemplate, literal } from './template.ts';

/** Idle connections of a service outside the kit are given up before Node's default of 5 s. */
const KEEP_ALIVE_MS = { kit: 60_000, other: 4_000 };
const KEPT_CONNECTIONS = 256;
const REQUESTS_PER_CONNECTION = 1_000_000;
/** Ends the name of an upstream whose connections are used once: a value of `$single_use` in the templates. */
const SINGLE_USE = '_once';

/** The upstreams of a route. A service outside the kit has a second one, each of whose connections carries one request. */
export function renderUpstreams(route: GateRoute, template: string): string[] {
  const { kit, upstream } = route;
  const render = (name: string, kept: number, requests: number) =>
    fillTemplate(template, {
      NAME: name,
      ADDRESS: addressOf(upstream),
      KEPT: String(kept),
      REQUESTS: String(requests),
      KEEP_ALIVE_MS: String(kit ? KEEP_ALIVE_MS.kit : KEEP_ALIVE_MS.other),
    });
  const name = upstreamName(route);
  return [
    render(name, KEPT_CONNECTIONS, REQUESTS_PER_CONNECTION),
    ...(kit ? [] : [render(`${name}${SINGLE_USE}`, 1, 1)]),
  ];
}

/** The name of the upstream of a route: routes to one service at one address share it. */
export function upstreamName({ service, upstream, kit }: GateRoute): string {
  const address = `${upstream.host}_${upstream.port}`.replace(/[^A-Za-z0-9]/g, '_');
  return `${service.replace(/[^A-Za-z0-9]/g, '_')}_${address}_${kit ? 'kit' : 'other'}`;
}

/** An address as nginx reads it. */
export function addressOf({ host, port }: Address): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${literal(host)}:${port}`;
}
