import { METHODS } from 'node:http';
import { isIPv6 } from 'node:net';
import { type ErrorCode, KitError } from '../services/contract/errors.ts';
import { REQUEST_ID_HEADER, SECRET_HEADER } from '../services/contract/internal.ts';
import { toProblem } from '../services/contract/problem.ts';
import { LIVE_PATH } from '../services/gate/admission/admit.ts';
import { LOCAL_HOST } from '../services/gate/admission/local-origin.ts';
import { ALLOWED_METHODS } from '../services/gate/answer/problems.ts';
import { FAULTS } from '../services/gate/contract/canonical-path.ts';
import type { Address, GateOptions, GateRoute } from '../services/gate/contract/options.ts';
import { VIA_NAME } from '../services/gate/forward/headers.ts';
import { MAX_PASSES } from '../services/gate/forward/request-headers.ts';
import { edgeMaps } from './client-info-maps.ts';
import { fillTemplate, inPattern, literal, quoted } from './template.ts';

/** What of the machine goes into the configuration. */
export interface NginxPlace {
  /** A folder of this gate alone, short enough for a Unix socket in it. */
  readonly folder: string;
  readonly workers: number;
  /** The hard limit of open files. */
  readonly maxFiles: number;
  /** As whom workers run when the master is root; undefined when it is not. */
  readonly user: string | undefined;
}

/** The templates in `nginx/`. */
export interface Templates {
  readonly gate: string;
  readonly route: string;
  readonly upstream: string;
}

const LOG_LEVEL = 'warn';
/** The first read of a request: most fit, and what does not gets a larger one. */
const FIRST_HEADER_BYTES = 4_096;
/** Idle connections of a service that is not ours are given up before Node's default of 5 s. */
const KEEP_ALIVE_MS = { ours: 60_000, others: 4_000 };
const KEPT_CONNECTIONS = 256;
const REQUESTS_PER_CONNECTION = 1_000_000;
/** Ends the name of an upstream whose connections are used once: what `$single_use` in the template can be. */
const SINGLE_USE = '_once';
/** How long a WebSocket may be silent, or be waited for: nginx knows but one limit for both. */
const TUNNEL_MS = 3_600_000;
/** What the process beside nginx may take to answer beyond the hold. */
const ANSWER_MS = 5_000;

/** Headers that a client may not send on, beside those that the template sets. Wildcards are beyond nginx. */
const DROPPED = [
  'HTTP2-Settings',
  'Keep-Alive',
  'Proxy-Authenticate',
  'Proxy-Authorization',
  'Proxy-Connection',
  'TE',
  'Trailer',
  'Expect',
  ...['Buffering', 'Charset', 'Expires', 'Limit-Rate', 'Mapping', 'Redirect'].map(
    (name) => `X-Accel-${name}`,
  ),
  ...['By', 'Email', 'Groups', 'Method', 'Path', 'Prefix', 'Scheme', 'Server', 'Ssl', 'Uri', 'User'].map(
    (name) => `X-Forwarded-${name}`,
  ),
];

/** The configuration of an nginx that is this gate: a pure function of what the gate is to do and where it runs. */
export function renderNginx(options: GateOptions, place: NginxPlace, templates: Templates): string {
  const { limits } = options;
  const upstreams = new Map<string, GateRoute>();
  for (const route of options.routes) upstreams.set(upstreamName(route), route);
  return fillTemplate(withProblems(templates.gate), {
    WORKERS: String(place.workers),
    MAX_FILES: String(place.maxFiles),
    USER: place.user === undefined ? '' : `user ${literal(place.user)};`,
    FOLDER: literal(place.folder),
    LOG_LEVEL,
    DRAIN_MS: String(Math.max(1, options.drainMs)),
    WORKER_CONNECTIONS: String(connectionsPerWorker(limits.maxConnections, place)),
    PATH_FAULTS: lines(FAULTS.map(([pattern, what]) => `"~${quoted(pattern.source)}" "${literal(what)}";`)),
    LOOP: `(?:${inPattern(VIA_NAME)}.*){${MAX_PASSES},}`,
    DENIED: lines(options.deniedPrefixes.map((prefix) => `"~*^${inPattern(prefix)}(?:/|$)" 1;`)),
    HOPS: String(options.trustedProxyHops),
    EDGE: edgeMaps(options.trustedProxyHops),
    LIMIT_ZONES: limitZones(options),
    LOCAL_HOST: quoted(LOCAL_HOST.source),
    LOCAL_HOST_ALONE: quoted(LOCAL_HOST.source.replace(/^\^|\$$/g, '')),
    LOCAL_ONLY: options.localOnly ? 'local' : '',
    VIA_NAME: literal(VIA_NAME),
    METHODS: literal(ALLOWED_METHODS),
    KNOWN_METHODS: METHODS.map(inPattern).join('|'),
    REQUEST_ID_HEADER,
    SECRET_HEADER,
    DROPPED_HEADERS: lines(DROPPED.map((name) => `proxy_set_header ${name} "";`)),
    READ_TIMEOUT_MS: String(Math.max(limits.upstreamTimeoutMs, limits.idleTimeoutMs)),
    IDLE_TIMEOUT_MS: String(limits.idleTimeoutMs),
    HEADER_TIMEOUT_MS: String(limits.headerTimeoutMs),
    HOLD_TIMEOUT_MS: String(limits.holdMs + ANSWER_MS),
    FIRST_HEADER_BYTES: String(Math.min(FIRST_HEADER_BYTES, limits.maxHeaderBytes)),
    MAX_HEADER_BYTES: String(limits.maxHeaderBytes),
    MAX_BODY_BYTES: String(limits.maxBodyBytes),
    UPSTREAMS: [...upstreams].flatMap(([, route]) => upstreamsOf(route, templates.upstream)).join(''),
    LISTEN: listenOn(options.listen),
    LIVE_PATH,
    LIVE: literal(JSON.stringify(options.live())),
    ROUTES: options.routes
      .flatMap((route, index) => locationsOf(route, index, options, templates.route))
      .concat(
        options.routes.some(({ prefix, exact }) => prefix === '/' && !exact)
          ? []
          : [
              `    location / { set $code route_unknown; return 404 "${problem('route_unknown', 'no service answers this path')}"; }\n`,
            ],
      )
      .join(''),
  });
}

/** The connections to a service; those to a service of one's own that carry bodies are used once. */
function upstreamsOf(route: GateRoute, template: string): string[] {
  const { internal, upstream } = route;
  const render = (name: string, kept: number, requests: number) =>
    fillTemplate(template, {
      NAME: name,
      ADDRESS: addressOf(upstream),
      KEPT: String(kept),
      REQUESTS: String(requests),
      KEEP_ALIVE_MS: String(internal ? KEEP_ALIVE_MS.ours : KEEP_ALIVE_MS.others),
    });
  const name = upstreamName(route);
  return [
    render(name, KEPT_CONNECTIONS, REQUESTS_PER_CONNECTION),
    ...(internal ? [] : [render(`${name}${SINGLE_USE}`, 1, 1)]),
  ];
}

/** `{{PROBLEM:code:detail}}` in the template is the problem document of that error. */
function withProblems(template: string): string {
  return template.replace(/\{\{PROBLEM:(\w+):([^}]*)\}\}/g, (_match, code: ErrorCode, detail: string) =>
    problem(code, detail),
  );
}

function problem(code: ErrorCode, detail: string): string {
  return quoted(JSON.stringify(toProblem(new KitError(code, detail), '$rid')));
}

/** A route as the places where requests enter it, and the one that they come back to after a wait. */
function locationsOf(route: GateRoute, index: number, options: GateOptions, template: string): string[] {
  const name = `route_${index}`;
  const { prefix, exact, service, internal, upgrade, holds = true } = route;
  const maxBodyBytes = route.maxBodyBytes ?? options.limits.maxBodyBytes;
  const location = (place: string, again: string, admission: readonly string[], target = '') =>
    fillTemplate(template, {
      SERVICE: literal(service),
      ROUTE: literal(nameOf(index, route)),
      PREFIX: literal(prefix),
      LOCATION: place,
      SECRET: internal ? literal(options.secret) : '',
      AGAIN: holds ? again : '',
      MAX_BODY_BYTES: String(maxBodyBytes),
      ADMISSION: admission.join('\n      '),
      IS_OWN: internal ? '' : '1',
      UPSTREAM: internal ? upstreamName(route) : `${upstreamName(route)}$single_use`,
      TARGET: target,
    });
  const tunnel = `/.gate/tunnel/${index}`;
  const refused = `{ set $code upgrade_refused; return 400 "${problem('upgrade_refused', 'this path takes no such upgrade')}"; }`;
  const admission = [
    ...(upgrade ? [`if ($upgrade = websocket) { rewrite ^ ${tunnel} last; }`] : []),
    `if ($upgrade) ${refused}`,
    ...requestLimits(options),
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

function limitZones({ limits }: GateOptions): string {
  return lines([
    ...(limits.clientRatePerSecond > 0
      ? [`limit_req_zone $limited_client zone=rate:4m rate=${limits.clientRatePerSecond}r/s;`]
      : []),
    ...(limits.clientConcurrency > 0 ? ['limit_conn_zone $limited_client zone=concurrency:4m;'] : []),
  ]);
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

/** Each connection of a client may have one to a service. */
function connectionsPerWorker(maxConnections: number, { workers, maxFiles }: NginxPlace): number {
  const wanted = Math.ceil((2 * maxConnections) / workers) + 64;
  return Math.max(64, Math.min(wanted, maxFiles - 64));
}

function upstreamName({ service, upstream, internal }: GateRoute): string {
  const address = `${upstream.host}_${upstream.port}`.replace(/[^A-Za-z0-9]/g, '_');
  return `${service.replace(/[^A-Za-z0-9]/g, '_')}_${address}_${internal ? 'ours' : 'other'}`;
}

/** By which the process beside nginx knows a route, and that nginx has it as it is now. */
export function nameOf(index: number, { upstream }: GateRoute): string {
  return `${index}@${upstream.host}:${upstream.port}`;
}

function addressOf({ host, port }: Address): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${literal(host)}:${port}`;
}

/** `::` stands for IPv4 too, as in Node. */
function listenOn({ host, port, isShared }: GateOptions['listen']): string {
  const address = host === '::' ? `[::]:${port} ipv6only=off` : addressOf({ host, port });
  return isShared ? `${address} reuseport` : address;
}

function lines(list: readonly string[]): string {
  return list.map((line) => `    ${line}`).join('\n');
}
