import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { Server } from 'node:net';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

/** A turn of the event loop in which little happened: hardly time for anybody to connect. */
const SHORT_TURN_MS = 0.1;
/** Under load no turn is short. That many in a row without a connection mean that callers keep those they have. */
const ENOUGH_TURNS = 3;
const REST_MS = 1;

/**
 * Waits, for `withinMs` at most, until nobody waits to be connected. The kernel resets the connections that it holds
 * for a listener that closes, and Node takes up one in each turn of the event loop: a turn that brought none left none.
 * Each look begins with a rest: on a busy machine, who has used up his time is stopped between the look and the close.
 */
export async function untilNoneConnects(server: Server, withinMs: number): Promise<void> {
  let connections = 0;
  const count = () => {
    connections += 1;
  };
  server.on('connection', count);
  const until = performance.now() + withinMs;
  for (let turns = 0; turns < ENOUGH_TURNS && performance.now() < until; ) {
    await sleep(REST_MS);
    const [before, from] = [connections, performance.now()];
    await nextTurn();
    if (connections > before) turns = 0;
    else turns = performance.now() - from < SHORT_TURN_MS ? ENOUGH_TURNS : turns + 1;
  }
  server.off('connection', count);
}

/**
 * Closes the listener alone, and resolves when its last connection has ended: an http server's own `close` would close
 * idle connections with it, and with them requests that are on their way.
 */
export function stopListening(server: Server): Promise<void> {
  return new Promise((resolve) => {
    Server.prototype.close.call(server, () => resolve());
  });
}

/**
 * Closes the connections that nobody uses, once what has come on them is read: in a process that is busy, a request may
 * have waited longer than the timer that calls this, and would be reset.
 */
export async function closeIdle(server: HttpServer | HttpsServer): Promise<void> {
  await nextTurn();
  server.closeIdleConnections();
}
