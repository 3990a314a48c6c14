import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { startContestants } from './gate-contestants.ts';
import { startBackend } from './gate-nginx.ts';
import type { Measured } from './gate-process.ts';
import type { Figure } from './main.ts';

const ROUNDS = 7;
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
  const tookMs = new Map(all.map((server) => [server, [] as number[]]));
  for (const server of all) await askAtPace(server);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const server of round % 2 === 0 ? all : all.toReversed())
      tookMs.get(server)?.push(...(await askAtPace(server)));
  }
  const at = (server: Measured, share: number) => {
    const sorted = (tookMs.get(server) ?? []).toSorted((left, right) => left - right);
    return sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  };
  const added = (server: Measured) =>
    [0.5, 0.99]
      .map((share) => `p${share * 100} +${(at(server, share) - at(backend, share)).toFixed(2)} ms`)
      .join(', ');
  const peers = [...opponents].filter(([name]) => name !== 'no proxy');
  return [...gates.values()].map((gate) => ({
    what: `${gate.name}, added to an answer of 200 bytes at ${PER_SECOND} requests per s`,
    value: added(gate),
    peer: peers.map(([name, server]) => `${name} ${added(server)}`).join('; '),
    ratio: `no proxy: p50 ${at(backend, 0.5).toFixed(2)} ms, p99 ${at(backend, 0.99).toFixed(2)} ms`,
    target: 'published, none set',
    met: true,
  }));
}

/** Asks whenever one more request is due, on the connection that has been free longest; gives what each took, in ms. */
async function askAtPace({ port }: Measured): Promise<number[]> {
  const tookMs: number[] = [];
  const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => Connection.open(port)));
  const free = [...connections];
  const from = performance.now();
  for (let asked = 0, nowMs = 0; nowMs < ROUND_MS; nowMs = performance.now() - from) {
    for (; asked < (nowMs / 1_000) * PER_SECOND; asked += 1) {
      const connection = free.shift();
      if (connection === undefined) break;
      connection.ask((ms) => {
        tookMs.push(ms);
        free.push(connection);
      });
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  for (const connection of connections) connection.close();
  return tookMs;
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
