import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { Server } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** A turn of the event loop in which little happened: hardly time for anybody to connect. */
const SHORT_TURN_MS = 0.1;
/** Under load no turn is short. That many in a row without a connection mean that callers keep those they have. */
const ENOUGH_TURNS = 3;
/** To take up those whom the kernel holds when it takes no more. */
const THOSE_HELD_MS = 250;

/**
 * Waits, for about `withinMs` at most, until nobody waits to be connected. The kernel resets the connections that it holds
 * for a listener that closes, and Node takes up one in each turn of the event loop: a turn that brought none left none.
 * Who comes between that turn and the close is reset, but that is one client at most: by then the kernel holds no second.
 */
export async function untilNoneConnects(server: Server, withinMs: number): Promise<void> {
  let connections = 0;
  const count = () => {
    connections += 1;
  };
  const untilQuiet = async (limitMs: number) => {
    const until = performance.now() + limitMs;
    for (let turns = 0; turns < ENOUGH_TURNS && performance.now() < until; ) {
      const [before, from] = [connections, performance.now()];
      await nextTurn();
      if (connections > before) turns = 0;
      else turns = performance.now() - from < SHORT_TURN_MS ? ENOUGH_TURNS : turns + 1;
    }
  };
  server.on('connection', count);
  // The rest of a turn that is under way takes up nobody: only from its end on are turns whole.
  await nextTurn();
  await untilQuiet(withinMs);
  holdOne(server);
  await untilQuiet(THOSE_HELD_MS);
  server.off('connection', count);
}

/**
 * From now on the kernel holds one connection for a listener, and answers nobody else: who comes asks again a second
 * later, as for a packet that was lost, and is refused by then, or let in by another who shares the port. Node has no
 * public name for it; a Node without the private one does without. Source: listen(2), called again.
 */
function holdOne(server: Server): void {
  const handle: { listen?: (backlog: number) => number } | null | undefined = Reflect.get(server, '_handle');
  handle?.listen?.(0);
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
