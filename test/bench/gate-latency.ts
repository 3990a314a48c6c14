import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { startContestants } from './gate-contestants.ts';
import { startBackend } from './gate-nginx.ts';
import type { Measured } from './gate-process.ts';
import type { Figure } from './main.ts';
import { median } from './median.ts';

const ROUNDS = 9;
const ROUND_MS = 2_000;
/** About a tenth of what the slowest contestant can do. */
const PER_SECOND = 500;
const CONNECTIONS = 16;

/** What each adds to the time of an answer of 200 bytes, at a constant rate that is easy for all. */
export async function measureLatency(folder: string): Promise<Figure[]> {
  await using backend = await startBackend(folder);
  await using contestants = await startContestants(backend, folder, '/api/small');
  const { gates, opponents } = contestants;
  const all = [...gates.values(), ...opponents.values()];
  const rounds = new Map(all.map((server) => [server, [] as Round[]]));
  for (const server of all) await askAtPace(server);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [server, results] of rounds) results.push(await askAtPace(server));
  }
  const direct = rounds.get(backend) ?? [];
  const added = (server: Measured, part: keyof Round) =>
    median((rounds.get(server) ?? []).map((result, round) => result[part] - (direct[round]?.[part] ?? 0)));
  const text = (server: Measured) =>
    `p50 +${added(server, 'p50').toFixed(2)} ms, p99 +${added(server, 'p99').toFixed(2)} ms`;
  const peers = [...opponents].filter(([name]) => name !== 'no proxy');
  return [...gates.values()].map((gate) => ({
    what: `${gate.name}, added to an answer of 200 bytes at ${PER_SECOND} requests per s`,
    value: text(gate),
    peer: peers.map(([name, server]) => `${name} ${text(server)}`).join('; '),
    ratio: `over no proxy, p50 ${at(direct, 'p50')} ms, p99 ${at(direct, 'p99')} ms (medians of ${ROUNDS} rounds)`,
    target: 'published, none set',
    met: true,
  }));
}

/** Milliseconds. */
interface Round {
  readonly p50: number;
  readonly p99: number;
}

function at(rounds: readonly Round[], part: keyof Round): string {
  return median(rounds.map((round) => round[part])).toFixed(2);
}

/** Asks on a free connection whenever one more request is due, answered or not what came before. */
async function askAtPace({ port }: Measured): Promise<Round> {
  const tookMs: number[] = [];
  const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => Connection.open(port)));
  const free = [...connections];
  const from = performance.now();
  for (let asked = 0, nowMs = 0; nowMs < ROUND_MS; nowMs = performance.now() - from) {
    for (; asked < (nowMs / 1_000) * PER_SECOND; asked += 1) {
      const connection = free.pop();
      if (connection === undefined) break;
      connection.ask((ms) => {
        tookMs.push(ms);
        free.push(connection);
      });
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  for (const connection of connections) connection.close();
  tookMs.sort((left, right) => left - right);
  const part = (share: number) => tookMs[Math.floor(tookMs.length * share)] ?? Number.NaN;
  return { p50: part(0.5), p99: part(0.99) };
}

/** A kept connection that asks for the small answer. */
class Connection {
  readonly #socket: Socket;
  #received = '';
  #askedMs = 0;
  #onAnswer: ((ms: number) => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true).setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.#received += text;
      if (!IS_WHOLE.test(this.#received)) return;
      this.#received = '';
      this.#onAnswer?.(performance.now() - this.#askedMs);
    });
  }

  static async open(port: number): Promise<Connection> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new Connection(socket);
  }

  ask(onAnswer: (ms: number) => void): void {
    this.#onAnswer = onAnswer;
    this.#askedMs = performance.now();
    this.#socket.write('GET /api/small HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: application/json\r\n\r\n');
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** The body is JSON, sent with its length or as one chunk. */
const IS_WHOLE = /\}(?:\r\n0\r\n\r\n)?$/;
