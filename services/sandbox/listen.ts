import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { KitError } from '../contract/errors.ts';

/** Listens; gives the port, which the system chose if it was 0. Rejects with `port_busy`. */
export function listen(server: HttpServer | HttpsServer, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const isBusy = 'code' in cause && cause.code === 'EADDRINUSE';
      reject(isBusy ? new KitError('port_busy', `${host}:${port} is in use`, { cause }) : cause);
    });
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

/** Stops at once: open streams are cut. */
export function closeServer(server: HttpServer | HttpsServer): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
