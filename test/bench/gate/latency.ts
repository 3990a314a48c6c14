import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type Figure, toFigure } from '../figure.ts';
import { startContestants } from './contestants.ts';
import { startBackend } from './nginx.ts';
import type { Measured } from './process.ts';

const ROUNDS = 7;
const ROUND_MS = 2_000;
/** About a tenth of what the slowest contestant can do. */
const PER_SECOND = 500;
const CONNECTIONS = 16;

/** What each adds to the time of an answer of 200 bytes, at a constant rate that is easy for all. */
export async function* measureLatency(folder: string): AsyncGenerator<Figure> {
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
  const peers = [...opponents].filter(([name]) => name !== 'no proxy');
  for (const gate of gates.values())
    for (const share of [0.5, 0.99]) {
      const addedMs = (server: Measured) => at(server, share) - at(backend, share);
      const others = peers.map(([name, server]) => `${name} ${addedMs(server).toFixed(2)} ms`);
      yield toFigure({
        what: `${gate.name}, added to an answer of 200 bytes at ${PER_SECOND} requests per s, p${share * 100}`,
        value: addedMs(gate),
        unit: 'ms',
        peer: [...others, `no proxy takes ${at(backend, share).toFixed(2)} ms`].join(', '),
      });
    }
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
