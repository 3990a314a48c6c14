import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { Server } from 'node:net';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

/** A turn of the event loop in which little happened: hardly time for anybody to connect, or to send a request. */
const SHORT_TURN_MS = 0.1;
/** A busy process rarely has a short turn. After this many looks that found nothing new, none is waited for. */
const ENOUGH_LOOKS = 20;
const TURNS_PER_LOOK = 4;
const REST_MS = 1;
/** Longest wait for a moment without requests before idle connections are closed. */
const IDLE_WITHIN_MS = 500;

/**
 * Waits, for `withinMs` at most, until nobody waits to be connected. The kernel resets the connections that it holds
 * for a listener that closes, and Node takes up one in each turn of the event loop: a turn that brought none left none.
 */
export function untilNoneConnects(server: Server, withinMs: number): Promise<void> {
  return untilTurnWithout('connection', server, withinMs);
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
 * Closes the connections that nobody uses, in a moment in which no request arrives: Node calls a connection idle while
 * the kernel holds a request that Node has not read, and closing the connection would reset that request. A gate that
 * has sent a POST may not send it again. Calls for one server share one wait.
 */
export function closeIdle(server: HttpServer | HttpsServer): Promise<void> {
  const current = closing.get(server) ?? closeWhenQuiet(server);
  closing.set(server, current);
  return current;
}

const closing = new WeakMap<Server, Promise<void>>();

async function closeWhenQuiet(server: HttpServer | HttpsServer): Promise<void> {
  await untilTurnWithout('request', server, IDLE_WITHIN_MS);
  server.closeIdleConnections();
  closing.delete(server);
}

/**
 * Waits, for `withinMs` at most, until a short turn of the event loop brings no such event. The caller must act in the
 * same turn. Node polls once in a turn, and what arrives while it handles the results of that poll is not seen before
 * the next turn: a long turn proves nothing. Each look begins with a rest: on a busy machine, the scheduler may preempt
 * a process that has used its time between the look and the close.
 */
async function untilTurnWithout(
  event: 'connection' | 'request',
  server: Server,
  withinMs: number,
): Promise<void> {
  let events = 0;
  const count = () => {
    events += 1;
  };
  server.on(event, count);
  const untilMs = performance.now() + withinMs;
  for (let looks = 0; looks < ENOUGH_LOOKS && performance.now() < untilMs; ) {
    const before = events;
    await sleep(REST_MS);
    if (await hasShortTurn(() => events)) break;
    looks = events === before ? looks + 1 : 0;
  }
  server.off(event, count);
}

/** Whether one of the next turns is short and leaves the count unchanged. Returns in that turn. */
async function hasShortTurn(count: () => number): Promise<boolean> {
  for (let turn = 0; turn < TURNS_PER_LOOK; turn += 1) {
    const [before, sinceMs] = [count(), performance.now()];
    await nextTurn();
    if (count() === before && performance.now() - sinceMs < SHORT_TURN_MS) return true;
  }
  return false;
}
