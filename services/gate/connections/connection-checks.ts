import type { GateLimits } from '../contract/options.ts';
import type { Connections } from './connections.ts';
import { SlowClientGuard } from './slow-client-guard.ts';

const CHECK_MS = 1_000;
/** A short limit shortens the interval, so that tests may set one. */
const CHECKS_PER_LIMIT = 8;

/** Checks all open connections by one timer, not by one timer each. Returns a function that stops it. */
export function startConnectionChecks(connections: Connections, limits: GateLimits): () => void {
  const guard = limits.minBodyBytesPerSecond > 0 ? new SlowClientGuard(connections, limits) : undefined;
  const { pingMs } = limits;
  if (guard === undefined && pingMs === 0) return () => undefined;
  const shortest = Math.min(
    guard === undefined ? Number.POSITIVE_INFINITY : limits.idleTimeoutMs,
    pingMs === 0 ? Number.POSITIVE_INFINITY : pingMs,
  );
  const everyMs = Math.max(1, Math.min(CHECK_MS, shortest / CHECKS_PER_LIMIT));
  const timer = setInterval(() => {
    // Not the time since the last check: do not charge clients for time during which the gate was suspended.
    guard?.check(everyMs);
    if (pingMs > 0) for (const tunnel of connections.tunnels) tunnel.pingIfQuiet(everyMs, pingMs);
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
