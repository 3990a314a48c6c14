import type { GateOptions, GateRoute } from '../services/gate/contract/options.ts';
import { problemBody } from './problem-bodies.ts';
import type { Templates } from './read-templates.ts';
import { upstreamName } from './render-upstreams.ts';
import { fillTemplate, literal } from './template.ts';

/** How long a WebSocket may be silent, or be waited for: nginx knows but one limit for both. */
const TUNNEL_MS = 3_600_000;
/** One client may have so much of the spool: one part of four. */
const SPOOL_SHARES = 4;
/** The largest limit of `limit_conn`. */
const MOST_COUNTED = 65_535;
/** How long the gate process may take to answer beyond the hold. */
const ANSWER_MS = 5_000;

/** The locations of a route: those where requests enter it, and the one that they come back to after a wait. */
export function renderLocations(
  route: GateRoute,
  index: number,
  options: GateOptions,
  templates: Pick<Templates, 'route' | 'admission'>,
): string[] {
  const name = `route_${index}`;
  const { prefix, exact, service, kit, upgrade, holds = true } = route;
  const maxBodyBytes = route.maxBodyBytes ?? options.limits.maxBodyBytes;
  const location = (place: string, again: string, admission: readonly string[], target = '') =>
    fillTemplate(templates.route, {
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
  const isKeyed = route.keyed === true;
  const admission = [
    ...(isKeyed
      ? [
          `if ($body_size = small) { rewrite ^ /.gate/keyed/${index} last; }`,
          `if ($body_size = large) { rewrite ^ /.gate/streamed/${index} last; }`,
        ]
      : []),
    ...(upgrade ? [`if ($upgrade = websocket) { rewrite ^ ${tunnel} last; }`] : []),
    `if ($upgrade) ${refused}`,
    ...requestLimits(options),
    ...(isKeyed ? [] : spoolLimits(options)),
    ...silenceLimits(route),
  ];
  /**
   * Where requests with a body go on: the service is asked for their admission before the body is read. A body that may not
   * fit into memory is streamed, and can be sent only once.
   */
  const keyedLocations = () => {
    const place = `/.gate/admission/${index}`;
    const asks = [
      'internal;',
      ...requestLimits(options),
      `if ($upgrade) ${refused}`,
      `auth_request ${place};`,
      'auth_request_set $refusal $upstream_http_x_gate_code;',
    ];
    return [
      location(`= /.gate/keyed/${index}`, `@${name}`, asks, '$request_uri'),
      location(`= /.gate/streamed/${index}`, '', [...asks, 'proxy_request_buffering off;'], '$request_uri'),
      fillTemplate(templates.admission, {
        SERVICE: literal(service),
        ROUTE: literal(routeId(index, route)),
        PREFIX: literal(prefix),
        LOCATION: place,
        SECRET: literal(options.secret),
        AGAIN: holds ? `@${name}` : '',
        HOLD_TIMEOUT_MS: String(holdTimeoutMs(options)),
      }),
    ];
  };
  const hasBelow = !exact;
  const isOnlyBelow = prefix.endsWith('/') && hasBelow;
  const tunnelTimes = [`proxy_read_timeout ${TUNNEL_MS}ms;`, `proxy_send_timeout ${TUNNEL_MS}ms;`];
  return [
    ...(isOnlyBelow ? [] : [location(`= "${literal(prefix)}"`, `@${name}`, admission)]),
    ...(hasBelow
      ? [location(`^~ "${literal(isOnlyBelow ? prefix : `${prefix}/`)}"`, `@${name}`, admission)]
      : []),
    // The original path: the question why the service did not answer has replaced the present one.
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
    ...(isKeyed ? keyedLocations() : []),
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

/** How many bodies may be on disk at once: by the largest one that any route takes, as nginx counts requests and no bytes. */
function spoolLimits({ limits, routes }: GateOptions): string[] {
  const largest = Math.max(limits.maxBodyBytes, ...routes.map(({ maxBodyBytes = 0 }) => maxBodyBytes));
  const most = Math.min(MOST_COUNTED, Math.max(1, Math.floor(limits.spoolBytes / largest)));
  const share = Math.max(1, Math.floor(most / SPOOL_SHARES));
  return [
    `limit_conn spool ${most};`,
    `limit_conn spool_client ${share};`,
    ...(limits.clientConcurrency > 0 ? [] : ['limit_conn_status 430;']),
  ];
}

/** The longest that the gate process may take to answer nginx. */
export function holdTimeoutMs({ limits }: Pick<GateOptions, 'limits'>): number {
  return limits.holdMs + ANSWER_MS;
}
