import type { Server } from 'node:http';
import { http } from '../../runtime/http/node-http.ts';
import type { Log } from '../../runtime/log.ts';
import { connectionsWithin, openFilesLimit } from '../../runtime/process/open-files.ts';
import type { GateLimits } from '../contract/options.ts';

/** Longer than any platform's edge keeps a connection idle (Heroku 90 s): the edge closes it, not we. */
const KEEP_ALIVE_MS = 95_000;
/** How often Node looks for headers that take too long. */
const CHECK_MS = 1_000;

/** Node's server with our limits; what its own defaults would break is named here. */
export function createGateServer(limits: GateLimits): Server {
  const server = http.createServer({
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: limits.headerTimeoutMs,
    // Node's default kills uploads that take longer than 5 minutes; `idleTimeoutMs` limits the idle ones.
    requestTimeout: 0,
    connectionsCheckingInterval: Math.min(CHECK_MS, limits.headerTimeoutMs),
    maxHeaderSize: limits.maxHeaderBytes,
    insecureHTTPParser: false,
    // Admission refuses it, with a problem document.
    requireHostHeader: false,
    // `Upgrade: h2c`, which Java and curl send unasked, may be ignored (RFC 9110 §7.8); what is meant for a tunnel not.
    shouldUpgradeCallback: (request) => /\bwebsocket\b/i.test(request.headers.upgrade ?? ''),
    optimizeEmptyRequests: true,
  });
  // Node writes a head that waits for its body without an encoding, and thus as UTF-8: a byte of a value would become two.
  server.on('connection', (socket) => socket.setDefaultEncoding('latin1'));
  // Node would drop the lines beyond the thousandth, unseen by admission; `maxHeaderBytes` bounds them.
  server.maxHeadersCount = 0;
  server.timeout = limits.idleTimeoutMs;
  return server;
}

/** GATE_MAX_CONNECTIONS, or fewer if this process may not open enough files. Logs the difference. */
export function connectionLimit({ maxConnections }: Pick<GateLimits, 'maxConnections'>, log: Log): number {
  const files = openFilesLimit() ?? Number.POSITIVE_INFINITY;
  const most = connectionsWithin(files);
  if (most >= maxConnections) return maxConnections;
  log.warn(
    `only ${most} connections of GATE_MAX_CONNECTIONS (${maxConnections}) are possible with ${files} open files; raise the limit of open files (ulimit -n, LimitNOFILE), or lower the setting`,
  );
  return most;
}
