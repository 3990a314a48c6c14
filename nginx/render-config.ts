import { METHODS } from 'node:http';
import { REQUEST_ID_HEADER, SECRET_HEADER } from '../services/contract/internal.ts';
import { ALLOWED_METHODS } from '../services/gate/contract/allowed-methods.ts';
import { PATH_FAULTS } from '../services/gate/contract/canonical-path.ts';
import { LIVE_PATH } from '../services/gate/contract/health-paths.ts';
import { LOCAL_HOST } from '../services/gate/contract/local-host.ts';
import type { GateOptions, GateRoute } from '../services/gate/contract/options.ts';
import { MAX_PASSES, VIA_NAME } from '../services/gate/contract/via.ts';
import { clientInfoMaps } from './client-info-maps.ts';
import { fillProblems, problemBody } from './problem-bodies.ts';
import type { Templates } from './read-templates.ts';
import { holdTimeoutMs, renderLocations } from './render-locations.ts';
import { addressOf, renderUpstreams, upstreamName } from './render-upstreams.ts';
import { fillTemplate, inPattern, literal, quoted } from './template.ts';
import type { NginxRuntime } from './work-folder.ts';

const LOG_LEVEL = 'warn';
/** The first read of a request: most fit, and what does not gets a larger one. */
const FIRST_HEADER_BYTES = 4_096;

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
export function renderNginxConfig(options: GateOptions, runtime: NginxRuntime, templates: Templates): string {
  const { limits } = options;
  const upstreams = new Map<string, GateRoute>();
  for (const route of options.routes) upstreams.set(upstreamName(route), route);
  return fillTemplate(fillProblems(templates.gate), {
    WORKERS: String(runtime.workers),
    MAX_FILES: String(runtime.maxFiles),
    USER: runtime.user === undefined ? '' : `user ${literal(runtime.user)};`,
    FOLDER: literal(runtime.folder),
    SPOOL: literal(runtime.spool),
    LOG_LEVEL,
    DRAIN_MS: String(Math.max(1, options.drainMs)),
    WORKER_CONNECTIONS: String(connectionsPerWorker(limits.maxConnections, runtime)),
    PATH_FAULTS: lines(
      PATH_FAULTS.map(([pattern, what]) => `"~${quoted(pattern.source)}" "${literal(what)}";`),
    ),
    LOOP: `(?:${inPattern(VIA_NAME)}.*){${MAX_PASSES},}`,
    DENIED: lines(options.deniedPrefixes.map((prefix) => `"~*^${inPattern(prefix)}(?:/|$)" 1;`)),
    HOPS: String(options.trustedProxyHops),
    CLIENT_INFO_MAPS: clientInfoMaps(options.trustedProxyHops),
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
    HOLD_TIMEOUT_MS: String(holdTimeoutMs(options)),
    FIRST_HEADER_BYTES: String(Math.min(FIRST_HEADER_BYTES, limits.maxHeaderBytes)),
    MAX_HEADER_BYTES: String(limits.maxHeaderBytes),
    MAX_BODY_BYTES: String(limits.maxBodyBytes),
    UPSTREAMS: [...upstreams].flatMap(([, route]) => renderUpstreams(route, templates.upstream)).join(''),
    LISTEN: listenOn(options.listen),
    LIVE_PATH,
    LIVE: literal(JSON.stringify(options.live())),
    ROUTES: options.routes
      .flatMap((route, index) => renderLocations(route, index, options, templates))
      .concat(
        options.routes.some(({ prefix, exact }) => prefix === '/' && !exact)
          ? []
          : [
              `    location / { set $code route_unknown; return 404 "${problemBody('route_unknown', 'no service answers this path')}"; }\n`,
            ],
      )
      .join(''),
  });
}

function limitZones({ limits }: GateOptions): string {
  return lines([
    ...(limits.clientRatePerSecond > 0
      ? [`limit_req_zone $limited_client zone=rate:4m rate=${limits.clientRatePerSecond}r/s;`]
      : []),
    ...(limits.clientConcurrency > 0 ? ['limit_conn_zone $limited_client zone=concurrency:4m;'] : []),
  ]);
}

/** Each connection of a client may have one to a service. */
function connectionsPerWorker(maxConnections: number, { workers, maxFiles }: NginxRuntime): number {
  const wanted = Math.ceil((2 * maxConnections) / workers) + 64;
  return Math.max(64, Math.min(wanted, maxFiles - 64));
}

/** `::` stands for IPv4 too, as in Node. */
function listenOn({ host, port, isShared }: GateOptions['listen']): string {
  const address = host === '::' ? `[::]:${port} ipv6only=off` : addressOf({ host, port });
  return isShared ? `${address} reuseport` : address;
}

function lines(list: readonly string[]): string {
  return list.map((line) => `    ${line}`).join('\n');
}
