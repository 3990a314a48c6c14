import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { ask } from '../ask.ts';
import type { CheckContext } from '../check-context.ts';
import { openConnection } from '../connection.ts';
import { failed, type Latency, passed, type Row } from '../report.ts';
import { LIVE_PATH } from './answers.ts';

const LANES = 4;
const REQUESTS_A_LANE = 5;
/** Of one exchange. */
const WITHIN_MS = 6_000;
const MOST_MS = 5_000;

/** How long `/health/live` and a new connection take. A figure, and no failure unless it is beyond all use. */
export async function checkLatency(context: CheckContext): Promise<{ row: Row; latency: Latency }> {
  const lanes = await Promise.all(Array.from({ length: LANES }, () => runLane(context)));
  const latency: Latency = {
    live: spreadOf(lanes.flatMap(({ liveMs }) => liveMs)),
    connect: spreadOf(lanes.map(({ connectMs }) => connectMs)),
  };
  const { live, connect } = latency;
  const told = `GET ${LIVE_PATH} p50 ${live.p50_ms} ms, p95 ${live.p95_ms} ms of ${live.count}; connecting p50 ${connect.p50_ms} ms, p95 ${connect.p95_ms} ms of ${connect.count}`;
  const row =
    live.p95_ms > MOST_MS || connect.p95_ms > MOST_MS
      ? failed(
          'latency',
          told,
          `more than ${MOST_MS} ms: the machine is overloaded, swaps, or is far too small`,
          'see its CPU and memory; give it more, or set memoryMb in config/deployment.ts higher',
        )
      : passed('latency', told);
  return { row, latency };
}

/** A connection that is only opened; then requests one after the other over one that is kept. */
async function runLane({ target, signal }: CheckContext): Promise<{ connectMs: number; liveMs: number[] }> {
  const limits = { withinMs: WITHIN_MS, signal };
  const startedAt = performance.now();
  const socket = await openConnection(target, limits);
  const connectMs = performance.now() - startedAt;
  socket.destroy();
  const agent = new (target.isSecure ? TlsAgent : Agent)({ keepAlive: true, maxSockets: 1 });
  try {
    // The first one opens the connection and does not count.
    await ask(target, LIVE_PATH, limits, { agent });
    const liveMs: number[] = [];
    while (liveMs.length < REQUESTS_A_LANE)
      liveMs.push((await ask(target, LIVE_PATH, limits, { agent })).tookMs);
    return { connectMs, liveMs };
  } finally {
    agent.destroy();
  }
}

function spreadOf(figures: readonly number[]): Latency['live'] {
  const ordered = [...figures].sort((left, right) => left - right);
  const at = (share: number) =>
    Math.round((ordered[Math.ceil(ordered.length * share) - 1] ?? Number.NaN) * 10) / 10;
  return { p50_ms: at(0.5), p95_ms: at(0.95), count: ordered.length };
}
