import type { Server } from 'node:http';
import type { Traffic } from './traffic.ts';

/**
 * Takes leave: no new connection, `Connection: close` on every answer, 1001 to the WebSockets; resolves when all have
 * gone or `drainMs` has passed, and then destroys who is left.
 */
export async function drainGate(server: Server, traffic: Traffic, drainMs: number): Promise<void> {
  traffic.isDraining = true;
  const allGone = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  for (const socket of traffic.sockets) {
    // Opened in advance by a browser, and not counted among the idle ones by Node.
    if (socket.bytesRead === 0) socket.destroy();
  }
  for (const tunnel of traffic.tunnels) tunnel.goAway();
  await Promise.race([allGone, waitMs(drainMs)]);
  for (const socket of traffic.sockets) socket.destroy();
  await allGone;
}

function waitMs(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
