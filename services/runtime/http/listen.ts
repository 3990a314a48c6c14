import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { KitError } from '../../contract/errors.ts';
import { closeIdle, stopListening, untilNoneConnects } from './close-listener.ts';

type Server = HttpServer | HttpsServer;

/**
 * Binds a server and gives the port it got. Throws KitError `port_busy` when another process holds the port, unless
 * both share it (SO_REUSEPORT).
 */
export function listen(server: Server, port: number, host: string, isShared = false): Promise<number> {
  return new Promise((resolve, reject) => {
    const refused = (error: NodeJS.ErrnoException) => {
      const busy = error.code === 'EADDRINUSE';
      reject(
        busy
          ? new KitError('port_busy', `${host}:${port} is in use by another process`, { cause: error })
          : error,
      );
    };
    server.once('error', refused);
    server.listen({ port, host, reusePort: isShared }, () => {
      server.off('error', refused);
      // Out of file descriptors, say: those who are in are served on.
      server.on('error', (error) =>
        process.emitWarning(`a connection could not be accepted: ${error.message}`),
      );
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

/** Callers of ours keep their connections, so that these come to an end, unless the machine is overloaded. */
const LAST_CONNECTIONS_MS = 5_000;
const IDLE_CHECK_MS = 25;
/**
 * Idle connections are closed after so many checks in a row without a request. Checks, and not a time: where the machine
 * is overloaded, a gate learns late that a connection has closed, and this process makes its checks as late.
 */
const QUIET_CHECKS = 10;

/**
 * Ends a server: no new connection, and each answer ends its own; then idle ones are closed, busy ones answered; after
 * `graceMs` what is left is cut. So nobody is cut off amid a request that was just sent on a kept connection.
 */
export async function closeServer(server: Server, graceMs: number): Promise<void> {
  if (graceMs > 0) await untilNoneConnects(server, Math.min(LAST_CONNECTIONS_MS, graceMs / 2));
  const closed = stopListening(server);
  let quietChecks = 0;
  // Not before: those who are told to leave would come back by a new connection.
  server.prependListener('request', (_request, response) => {
    quietChecks = 0;
    response.setHeader('connection', 'close');
  });
  if (graceMs <= 0) server.closeAllConnections();
  const since = performance.now();
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  // Time and again: a connection that was busy may be idle now, and kept for long.
  const idle = setInterval(() => {
    quietChecks += 1;
    if (quietChecks > QUIET_CHECKS || performance.now() - since > graceMs / 2) void closeIdle(server);
  }, IDLE_CHECK_MS);
  await closed;
  clearInterval(idle);
  clearTimeout(cut);
}
