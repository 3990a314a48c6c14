import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
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

/** Ends a server: no new connection, idle ones closed, busy ones answered; after `graceMs` what is left is cut. */
export async function closeServer(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  if (graceMs <= 0) server.closeAllConnections();
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(cut);
}
