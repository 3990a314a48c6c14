import type { Server } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { closeIdle, stopListening, untilNoneConnects } from '../../runtime/http/close-listener.ts';
import type { Connections } from './connections.ts';

/** Under a load of new connections without end, the listener closes all the same. */
const LAST_CONNECTIONS_MS = 1_000;
/** How long a connection without a request may still bring one: it may be on its way, and the client would see a reset. */
const LAST_REQUEST_MS = 500;
/** The same where another gate may share the port, and serves meanwhile whoever comes anew: most have asked again by then. */
const LAST_REQUEST_SHARED_MS = 2_500;

export interface Drain {
  readonly withinMs: number;
  /** Another gate may be open on the same port. */
  readonly isShared: boolean;
  /** Called when the gate takes no new connections any more. */
  readonly onClosed?: (() => void) | undefined;
}

/**
 * Drains the gate: takes no new connection, then sends `Connection: close` with every answer and 1001 to WebSockets.
 * Resolves when all connections have ended; destroys those that are left after `withinMs`.
 */
export async function drainGate(
  server: Server,
  connections: Connections,
  { withinMs, isShared, onClosed }: Drain,
): Promise<void> {
  const until = performance.now() + withinMs;
  if (withinMs > 0) await untilNoneConnects(server, Math.min(LAST_CONNECTIONS_MS, withinMs / 4));
  const allGone = stopListening(server);
  onClosed?.();
  // Not before: those who are told to leave would all come back at once, in the very moment in which the listener closes.
  connections.isDraining = true;
  for (const tunnel of connections.tunnels) tunnel.goAway();
  // A reader comes back where it stopped, to the next gate; waiting for it would take the whole budget.
  for (const endStream of connections.eventStreams) endStream();
  if (connections.sockets.size > 0) {
    const lastRequestMs = isShared ? LAST_REQUEST_SHARED_MS : LAST_REQUEST_MS;
    await Promise.race([allGone, wait(Math.min(lastRequestMs, withinMs / 2), undefined, { ref: false })]);
  }
  connections.closesIdle = true;
  await closeIdle(server);
  for (const socket of connections.sockets) {
    // Opened in advance by a browser, and not counted among the idle ones by Node.
    if (socket.bytesRead === 0) socket.destroy();
  }
  await Promise.race([allGone, wait(Math.max(0, until - performance.now()), undefined, { ref: false })]);
  for (const socket of connections.sockets) socket.destroy();
  await allGone;
}
