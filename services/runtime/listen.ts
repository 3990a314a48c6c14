import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { Server as NetServer } from 'node:net';
import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { KitError } from '../contract/errors.ts';

type Server = HttpServer | HttpsServer;

/**
 * Binds a server and gives the port it got. Throws KitError `port_busy` when another process holds the port.
 */
export function listen(server: Server, port: number, host: string): Promise<number> {
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
    server.listen(port, host, () => {
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

/** How long those who keep connections are told that they end, before those that nobody uses are closed. */
const FAREWELL_MS = 250;
const IDLE_CHECK_MS = 25;
/** How long connections that wait to be accepted are still taken in, at most: more may come all the while. */
const LAST_ACCEPT_MS = 2_000;

/**
 * Ends a server: no new connection, and each answer ends its own; then idle ones are closed, busy ones answered; after
 * `graceMs` what is left is cut. So nobody is cut off amid a request that was just sent on a kept connection.
 */
export async function closeServer(server: Server, graceMs: number): Promise<void> {
  // Before any answer ends a connection: those who are sent away would come anew, one after the other to the same port.
  if (graceMs > 0) await acceptWaiting(server, Math.min(LAST_ACCEPT_MS, graceMs / 4));
  server.prependListener('request', (_request, response) => response.setHeader('connection', 'close'));
  // Not its own `close`, which closes idle connections at once.
  const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()));
  const since = performance.now();
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  // Time and again: a connection that was busy may be idle now, and kept for long.
  const idle = setInterval(() => {
    // Only once what has come was read: on a busy machine a timer may be late, and requests wait to be noticed.
    if (performance.now() - since > Math.min(FAREWELL_MS, graceMs / 2))
      setImmediate(() => server.closeIdleConnections());
  }, IDLE_CHECK_MS);
  if (graceMs <= 0) server.closeAllConnections();
  await closed;
  clearInterval(idle);
  clearTimeout(cut);
}

/** Takes in the connections that stand in the system's queue: it resets them with the port, and what was sent on them is lost. */
async function acceptWaiting(server: Server, mostMs: number): Promise<void> {
  let emptyTurns = 0;
  const countAnew = () => {
    emptyTurns = 0;
  };
  server.on('connection', countAnew);
  const since = performance.now();
  // One comes with each turn of the loop; the first turn may be over already but for its end.
  while (emptyTurns < 2 && performance.now() - since < mostMs) {
    emptyTurns += 1;
    await turnOfLoop();
  }
  server.off('connection', countAnew);
}
