import type { GateLimits } from '../contract/options.ts';
import type { Connections } from './connections.ts';
import { SlowClientGuard } from './slow-client-guard.ts';

const ROUND_MS = 1_000;
/** In a limit, so that tests and the impatient may set a short one. */
const ROUNDS_PER_LIMIT = 8;

/** Looks after all open connections by one timer, rather than by one each; returns what stops it. */
export function startConnectionChecks(connections: Connections, limits: GateLimits): () => void {
  const pace = limits.minBodyBytesPerSecond > 0 ? new SlowClientGuard(connections, limits) : undefined;
  const { pingMs } = limits;
  if (pace === undefined && pingMs === 0) return () => undefined;
  const shortest = Math.min(
    pace === undefined ? Number.POSITIVE_INFINITY : limits.idleTimeoutMs,
    pingMs === 0 ? Number.POSITIVE_INFINITY : pingMs,
  );
  const everyMs = Math.max(1, Math.min(ROUND_MS, shortest / ROUNDS_PER_LIMIT));
  const timer = setInterval(() => {
    // Not the time since the last round: that of a gate, or a machine, which stood still is no client's fault.
    pace?.look(everyMs);
    if (pingMs > 0) for (const tunnel of connections.tunnels) tunnel.pingIfQuiet(everyMs, pingMs);
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
