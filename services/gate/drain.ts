import type { Server } from 'node:http';
import { Server as NetServer } from 'node:net';
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import type { Traffic } from './traffic.ts';

/** How long a connection without a request may still bring one: it may be on its way, and the client would see a reset. */
const LAST_REQUEST_MS = 500;
/** A turn of the event loop in which nobody connected and little else happened. */
const QUIET_TURN_MS = 0.1;
/** Under a load without any quiet turn, the listener closes all the same. */
const QUIET_WITHIN_MS = 250;

/**
 * Takes leave: no new connection, `Connection: close` on every answer, 1001 to the WebSockets; resolves when all have
 * gone or `drainMs` has passed, and then destroys who is left.
 */
export async function drainGate(server: Server, traffic: Traffic, drainMs: number): Promise<void> {
  traffic.isDraining = true;
  const until = performance.now() + drainMs;
  for (const tunnel of traffic.tunnels) tunnel.goAway();
  // A reader comes back where it stopped, to the next gate; waiting for it would take the whole budget.
  for (const endStream of traffic.eventStreams) endStream();
  if (drainMs > 0) await quietTurn(server);
  const allGone = stopListening(server);
  if (traffic.sockets.size > 0) {
    await Promise.race([allGone, wait(Math.min(LAST_REQUEST_MS, drainMs), undefined, { ref: false })]);
  }
  traffic.endsIdle = true;
  server.closeIdleConnections();
  for (const socket of traffic.sockets) {
    // Opened in advance by a browser, and not counted among the idle ones by Node.
    if (socket.bytesRead === 0) socket.destroy();
  }
  await Promise.race([allGone, wait(Math.max(0, until - performance.now()), undefined, { ref: false })]);
  for (const socket of traffic.sockets) socket.destroy();
  await allGone;
}

/** Closes the listener alone: Node's http server would close idle connections with it, and with them requests under way. */
function stopListening(server: Server): Promise<void> {
  return new Promise((resolve) => {
    NetServer.prototype.close.call(server, () => resolve());
  });
}

/**
 * Waits for a turn of the event loop in which nobody connects. The kernel resets the connections that it holds for a
 * listener that closes; right after such a turn there are none.
 */
async function quietTurn(server: Server): Promise<void> {
  let connections = 0;
  const count = () => {
    connections += 1;
  };
  server.on('connection', count);
  const until = performance.now() + QUIET_WITHIN_MS;
  for (let isQuiet = false; !isQuiet && performance.now() < until; ) {
    const [before, from] = [connections, performance.now()];
    await nextTurn();
    isQuiet = connections === before && performance.now() - from < QUIET_TURN_MS;
  }
  server.off('connection', count);
}
