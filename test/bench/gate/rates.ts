import type { GateKind } from '../../support/gate/gates.ts';
import { type Figure, toFigure } from '../figure.ts';
import { median, summary } from '../median.ts';
import { type Contestants, type Opponent, startContestants } from './contestants.ts';
import type { Load } from './load.ts';
import { LARGE_BYTES, startBackend } from './nginx.ts';
import type { Measured } from './process.ts';
import { UploadSink } from './sink.ts';

const ROUNDS = 7;
const ROUND_SECONDS = 1;
const WARM_UP_SECONDS = 2;
const MB = 1e6;

/** The least part of an opponent's rate that a gate is to reach. */
type Targets = Readonly<Record<GateKind['name'], Readonly<Partial<Record<Opponent, number>>>>>;

const SMALL_TARGETS: Targets = {
  node: { 'minimal nginx': 0.4, 'http-proxy-middleware': 2, '@fastify/http-proxy': 1, 'fast-proxy': 1 },
  nginx: { 'minimal nginx': 0.9 },
};
const LARGE_TARGETS: Targets = {
  node: { 'minimal nginx': 0.6, 'http-proxy-middleware': 1, '@fastify/http-proxy': 1, 'fast-proxy': 1 },
  nginx: { 'minimal nginx': 0.9 },
};

/** A load, and how often in a second what is counted of it happens. */
interface Situation {
  readonly what: string;
  readonly unit: string;
  readonly targets: Targets;
  measure(server: Measured, seconds: number): Promise<number>;
}

/** Answers of 200 bytes and of 100 MB, over one connection and over 64. */
export async function* measureDownloads(load: Load, folder: string): AsyncGenerator<Figure> {
  await using backend = await startBackend(folder);
  await using contestants = await startContestants(backend, folder, '/api/small');
  for (const connections of [1, 64]) {
    const over = `${connections} connection${connections === 1 ? '' : 's'}`;
    const small: Situation = {
      what: `200 bytes of JSON, ${over}`,
      unit: 'per s',
      targets: SMALL_TARGETS,
      async measure(server, seconds) {
        const result = await load.run(server, '/api/small', connections, seconds);
        return result.answers / result.seconds;
      },
    };
    const large: Situation = {
      what: `100 MB downloads, ${over}`,
      unit: 'MB per s',
      targets: LARGE_TARGETS,
      async measure(server, seconds) {
        const result = await load.run(server, '/api/large', connections, seconds);
        return result.bytesRead / MB / result.seconds;
      },
    };
    yield* compareAll(small, contestants);
    yield* compareAll(large, contestants);
  }
}

/** Bodies of 100 MB, over one connection. */
export async function* measureUploads(load: Load, folder: string): AsyncGenerator<Figure> {
  await using sink = await UploadSink.start();
  await using contestants = await startContestants(sink, folder, '/api/ready');
  yield* compareAll(
    {
      what: '100 MB uploads, 1 connection',
      unit: 'MB per s',
      targets: LARGE_TARGETS,
      async measure(server, seconds) {
        const before = sink.bytesRead;
        const result = await load.run(server, '/api/upload', 1, seconds, LARGE_BYTES);
        return (sink.bytesRead - before) / MB / result.seconds;
      },
    },
    contestants,
  );
}

async function* compareAll(situation: Situation, contestants: Contestants): AsyncGenerator<Figure> {
  const { gates, opponents } = contestants;
  const all = [...gates.values(), ...opponents.values()];
  const rounds = new Map(all.map((server) => [server, [] as Round[]]));
  for (const server of all) await situation.measure(server, WARM_UP_SECONDS);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [server, results] of rounds) {
      const before = server.cpuSeconds;
      const rate = await situation.measure(server, ROUND_SECONDS);
      results.push({ rate, cpuMicros: ((server.cpuSeconds - before) * 1e6) / (rate * ROUND_SECONDS) });
    }
  }
  for (const [kind, gate] of gates)
    for (const [name, opponent] of opponents) {
      const least = situation.targets[kind][name];
      if (least === undefined && name !== 'no proxy') continue;
      yield compare(situation, gate.name, rounds.get(gate) ?? [], name, rounds.get(opponent) ?? [], least);
    }
}

interface Round {
  readonly rate: number;
  /** Processor time for each of what is counted. */
  readonly cpuMicros: number;
}

function compare(
  { what, unit }: Situation,
  name: string,
  own: readonly Round[],
  opponent: string,
  other: readonly Round[],
  least: number | undefined,
): Figure {
  const rates = (rounds: readonly Round[]) => rounds.map(({ rate }) => rate);
  const costOf = (rounds: readonly Round[]) => {
    const cpuMicros = median(rounds.map((round) => round.cpuMicros));
    return Number.isNaN(cpuMicros) ? undefined : `${cpuMicros.toFixed(0)} µs of processor each`;
  };
  const [note, otherNote] = [costOf(own), costOf(other)];
  return toFigure({
    what: `${name}, ${what}, against ${opponent}`,
    value: rates(own),
    unit,
    ...(note === undefined ? {} : { note }),
    peer: [opponent, summary(rates(other), unit), ...(otherNote === undefined ? [] : [otherNote])].join(', '),
    ratio: median(own.map(({ rate }, round) => rate / (other[round]?.rate ?? 0))),
    ...(least === undefined ? {} : { target: { of: 'ratio', atLeast: least } }),
  });
}
