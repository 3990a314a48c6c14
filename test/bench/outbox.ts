import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { startKit } from '../support/kit/kit.ts';
import { ApiProcess, SECRET_LINE } from './api-process.ts';
import { BareClient } from './bare-client.ts';
import { type Figure, toFigure } from './figure.ts';
import { median, summary } from './median.ts';

const ROUNDS = 9;
const ROUND_MS = 700;
const WARM_UP_MS = 3_000;
const MOST_CLIENTS = 32;
const CLIENTS = [
  { clients: 1, least: 0.5 },
  { clients: MOST_CLIENTS, least: 2 },
] as const;
const LATENCIES = 300;
const PACE_MS = 20;

/**
 * Sends accepted per second, each on disk before its answer, against bare better-sqlite3 with one durable insert a
 * transaction at the same pragmas, in turn. WhatsApp is away, so that nothing but the acceptance is measured.
 */
export async function* measureOutbox(): AsyncGenerator<Figure> {
  yield* measureAcceptance();
  yield* measureLatency();
}

async function* measureAcceptance(): AsyncGenerator<Figure> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
  try {
    await using api = await ApiProcess.start(folder);
    using bare = bareDatabase(join(folder, 'bare.db'));
    let count = 0;
    const send = async (client: BareClient) => {
      count += 1;
      const body = `{"chat_id":"1555${1_000_000 + (count % 100)}@c.us","message":"message ${count}"}`;
      await client.post('/api/whatsapp/send', `${SECRET_LINE}prefer: respond-async\r\n`, body, 202);
    };
    using connections = new DisposableStack();
    const all: BareClient[] = [];
    while (all.length < MOST_CLIENTS) all.push(connections.use(await BareClient.connect(api.port)));
    await perSecond(all, send, WARM_UP_MS);
    for (const { clients, least } of CLIENTS) {
      const [accepted, inserted]: [number[], number[]] = [[], []];
      for (let round = 0; round < ROUNDS; round += 1) {
        accepted.push(await perSecond(all.slice(0, clients), send, ROUND_MS));
        inserted.push(bare.insertsPerSecond());
      }
      yield toFigure({
        what: `sends accepted, ${clients} client${clients === 1 ? '' : 's'}`,
        value: accepted,
        unit: 'per s',
        peer: `bare better-sqlite3, one durable insert a transaction, ${summary(inserted, 'per s')}`,
        ratio: median(accepted.map((rate, round) => rate / (inserted[round] ?? 0))),
        target: { of: 'ratio', atLeast: least },
      });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** From the request until WhatsApp's server has the message, through the whole kit, at an easy pace. */
async function* measureLatency(): AsyncGenerator<Figure> {
  await using kit = await (await startKit({ env: { LOG_LEVEL: 'warn' } })).ready();
  const askedAt = new Map<string, number>();
  const answered: number[] = [];
  for (let count = 0; count < LATENCIES * 2; count += 1) {
    const message = `message ${count}`;
    const from = performance.now();
    if (count >= LATENCIES) askedAt.set(message, Date.now());
    await kit.post('/api/whatsapp/send', { chat_id: `1555${1_000_000 + (count % 10)}@c.us`, message });
    if (count >= LATENCIES) answered.push(performance.now() - from);
    await new Promise((resolve) => setTimeout(resolve, PACE_MS));
  }
  const took = (await kit.received()).flatMap(({ body, received_at }) => {
    const from = askedAt.get(body);
    return from === undefined ? [] : [Date.parse(received_at) - from];
  });
  if (took.length !== LATENCIES) throw new Error(`${took.length} of ${LATENCIES} messages arrived`);
  for (const share of [0.5, 0.99])
    yield toFigure({
      what: `from a send to WhatsApp's server, through the whole kit, p${share * 100} of ${LATENCIES}`,
      value: at(took, share),
      unit: 'ms',
      peer: `its answer "sent", ${at(answered, share)} ms`,
    });
}

async function perSecond(
  clients: readonly BareClient[],
  act: (client: BareClient) => Promise<void>,
  forMs: number,
): Promise<number> {
  const from = performance.now();
  let count = 0;
  const run = async (client: BareClient) => {
    while (performance.now() - from < forMs) {
      await act(client);
      count += 1;
    }
  };
  await Promise.all(clients.map(run));
  return (count * 1_000) / (performance.now() - from);
}

/** What a program without a kit would do: one row, one transaction, on disk. */
function bareDatabase(path: string): Disposable & { insertsPerSecond(): number } {
  const database = new BetterSqlite3(path);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec('create table messages (id text primary key, chat_id text, message text, at integer)');
  const insert = database.prepare('insert into messages values (?, ?, ?, ?)');
  let count = 0;
  return {
    insertsPerSecond: () => {
      const from = performance.now();
      const before = count;
      while (performance.now() - from < ROUND_MS) {
        count += 1;
        insert.run(`3EB0${count}`, `1555${count % 100}@c.us`, `message ${count}`, Date.now());
      }
      return ((count - before) * 1_000) / (performance.now() - from);
    },
    [Symbol.dispose]: () => void database.close(),
  };
}

function at(values: readonly number[], part: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0) * 10) / 10;
}
