import type { GateOptions, GateRoute } from '../services/gate/contract/options.ts';
import { problemBody } from './problem-bodies.ts';
import { upstreamName } from './render-upstreams.ts';
import { fillTemplate, literal } from './template.ts';

/** How long a WebSocket may be silent, or be waited for: nginx knows but one limit for both. */
const TUNNEL_MS = 3_600_000;

/** The locations of a route: those where requests enter it, and the one that they come back to after a wait. */
export function renderLocations(
  route: GateRoute,
  index: number,
  options: GateOptions,
  template: string,
): string[] {
  const name = `route_${index}`;
  const { prefix, exact, service, kit, upgrade, holds = true } = route;
  const maxBodyBytes = route.maxBodyBytes ?? options.limits.maxBodyBytes;
  const location = (place: string, again: string, admission: readonly string[], target = '') =>
    fillTemplate(template, {
      SERVICE: literal(service),
      ROUTE: literal(routeId(index, route)),
      PREFIX: literal(prefix),
      LOCATION: place,
      SECRET: kit ? literal(options.secret) : '',
      AGAIN: holds ? again : '',
      MAX_BODY_BYTES: String(maxBodyBytes),
      ADMISSION: admission.join('\n      '),
      IS_OWN: kit ? '' : '1',
      UPSTREAM: kit ? upstreamName(route) : `${upstreamName(route)}$single_use`,
      TARGET: target,
    });
  const tunnel = `/.gate/tunnel/${index}`;
  const refused = `{ set $code upgrade_refused; return 400 "${problemBody('upgrade_refused', 'this path takes no such upgrade')}"; }`;
  const admission = [
    ...(upgrade ? [`if ($upgrade = websocket) { rewrite ^ ${tunnel} last; }`] : []),
    `if ($upgrade) ${refused}`,
    ...requestLimits(options),
    ...silenceLimits(route),
  ];
  const hasBelow = !exact;
  const isOnlyBelow = prefix.endsWith('/') && hasBelow;
  const tunnelTimes = [`proxy_read_timeout ${TUNNEL_MS}ms;`, `proxy_send_timeout ${TUNNEL_MS}ms;`];
  return [
    ...(isOnlyBelow ? [] : [location(`= "${literal(prefix)}"`, `@${name}`, admission)]),
    ...(hasBelow
      ? [location(`^~ "${literal(isOnlyBelow ? prefix : `${prefix}/`)}"`, `@${name}`, admission)]
      : []),
    // As sent: what asked why the service did not answer has put its own path in its place.
    location(`@${name}`, `@${name}`, [], '$request_uri'),
    ...(upgrade
      ? [
          location(
            `= ${tunnel}`,
            `@${name}_tunnel`,
            ['internal;', ...requestLimits(options), ...tunnelTimes],
            '$request_uri',
          ),
          location(`@${name}_tunnel`, `@${name}_tunnel`, tunnelTimes, '$request_uri'),
        ]
      : []),
  ];
}

/** Names a route with its address, so that the error page server sees whether nginx still has an old address. */
export function routeId(index: number, { upstream }: GateRoute): string {
  return `${index}@${upstream.host}:${upstream.port}`;
}

function silenceLimits({ silence }: GateRoute): string[] {
  if (silence === undefined) return [];
  return [`proxy_connect_timeout ${silence.afterMs}ms;`, `proxy_read_timeout ${silence.afterMs}ms;`];
}

function requestLimits({ limits }: GateOptions): string[] {
  // What may come at once beyond the first.
  const burst = limits.clientBurst > 1 ? ` burst=${limits.clientBurst - 1} nodelay` : '';
  return [
    ...(limits.clientRatePerSecond > 0 ? [`limit_req zone=rate${burst};`, 'limit_req_status 429;'] : []),
    ...(limits.clientConcurrency > 0
      ? [`limit_conn concurrency ${limits.clientConcurrency};`, 'limit_conn_status 430;']
      : []),
  ];
}
