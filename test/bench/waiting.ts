import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import pg from 'pg';
import { FakeBridge } from '../support/api/outbox/fake-bridge.ts';
import { PostgresServer } from '../support/api/postgres-server.ts';
import { ApiProcess, SECRET_LINE } from './api-process.ts';
import { BareClient } from './bare-client.ts';
import { type Figure, toFigure } from './figure.ts';
import { median, summary } from './median.ts';

const ROUNDS = 7;
const ROUND_MS = 700;
const WARM_UP_MS = 2_000;
const CLIENTS = 8;
const DAY_MS = 86_400_000;
const LEAST = 0.7;

/** What waits, as the columns of row `n`. Each is in a chat with a first message that its pace lets go tomorrow. */
const WAITING = [
  { what: '16,000 chats waiting', rows: 16_000, chat: '15552000000 + n', isParked: '1 = 1' },
  { what: '64,000 chats waiting', rows: 64_000, chat: '15552000000 + n', isParked: '1 = 1' },
  { what: 'one chat with 100,000 messages waiting', rows: 100_000, chat: '15552000000', isParked: 'n = 1' },
] as const;

/**
 * Sends accepted per second while much waits, against the same api with an empty outbox, in turn. WhatsApp is there, and
 * messages to new numbers are paced, so each send makes the dispatcher look for something that may go out.
 */
export async function* measureWaiting(): AsyncGenerator<Figure> {
  await using postgres = await PostgresServer.start();
  for (const { what, ...waiting } of WAITING) {
    for (const database of ['SQLite', 'PostgreSQL'] as const) {
      await using stack = new AsyncDisposableStack();
      const [full, empty] = [
        stack.use(await PacedApi.start(database === 'SQLite' ? undefined : postgres)),
        stack.use(await PacedApi.start(database === 'SQLite' ? undefined : postgres)),
      ];
      await full.fill(waiting);
      for (const api of [full, empty]) await api.acceptedPerSecond(WARM_UP_MS);
      const [with_, without]: [number[], number[]] = [[], []];
      for (let round = 0; round < ROUNDS; round += 1) {
        with_.push(await full.acceptedPerSecond(ROUND_MS));
        without.push(await empty.acceptedPerSecond(ROUND_MS));
      }
      yield toFigure({
        what: `sends accepted with ${what}, ${database}, ${CLIENTS} clients`,
        value: with_,
        unit: 'per s',
        peer: `the same with an empty outbox, ${summary(without, 'per s')}`,
        ratio: median(with_.map((rate, round) => rate / (without[round] ?? 0))),
        target: { of: 'ratio', atLeast: LEAST },
      });
    }
  }
}

/** An api with a bridge that is ready, and pacing. */
class PacedApi implements AsyncDisposable {
  readonly #stack: AsyncDisposableStack;
  readonly #clients: readonly BareClient[];
  readonly #execute: (text: string) => Promise<unknown>;
  #count = 0;

  private constructor(
    stack: AsyncDisposableStack,
    clients: readonly BareClient[],
    execute: (text: string) => Promise<unknown>,
  ) {
    this.#stack = stack;
    this.#clients = clients;
    this.#execute = execute;
  }

  static async start(postgres: PostgresServer | undefined): Promise<PacedApi> {
    await using stack = new AsyncDisposableStack();
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
    stack.defer(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
    const bridge = await new FakeBridge().goUp();
    stack.defer(() => bridge.goDown());
    const url = postgres === undefined ? undefined : await newDatabase(postgres);
    const api = stack.use(
      await ApiProcess.start(folder, {
        PACING: 'on',
        WHATSAPP_BRIDGE_PORT: String(bridge.port),
        ...(url === undefined ? {} : { DATABASE_URL: url }),
      }),
    );
    const clients: BareClient[] = [];
    while (clients.length < CLIENTS) clients.push(stack.use(await BareClient.connect(api.port)));
    const execute = url === undefined ? onSqlite(join(folder, 'gatehouse.db')) : onPostgres(url);
    return new PacedApi(stack.move(), clients, execute);
  }

  /** Straight into the database of the api while it runs: at its start it would look at each message. */
  async fill({ rows, chat, isParked }: Omit<(typeof WAITING)[number], 'what'>): Promise<void> {
    const now = Date.now();
    await this.#execute(`insert into messages (id, session, chat_id, kind, content, state, accepted_at, expires_at, next_try_at)
      with recursive count (n) as (select 1 union all select n + 1 from count where n < ${rows})
      select '3EB0WAITING' || n, 'default', (${chat}) || '@c.us', 'text', '{"kind":"text","text":"hi"}', 'queued',
        ${now}, ${now + 2 * DAY_MS}, case when ${isParked} then ${now + DAY_MS} else ${now} end from count`);
  }

  async acceptedPerSecond(forMs: number): Promise<number> {
    const from = performance.now();
    let accepted = 0;
    const run = async (client: BareClient) => {
      while (performance.now() - from < forMs) {
        this.#count += 1;
        const body = `{"chat_id":"1555${1_000_000 + (this.#count % 100)}@c.us","message":"message ${this.#count}"}`;
        await client.post('/api/whatsapp/send', `${SECRET_LINE}prefer: respond-async\r\n`, body, 202);
        accepted += 1;
      }
    };
    await Promise.all(this.#clients.map(run));
    return (accepted * 1_000) / (performance.now() - from);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

async function newDatabase(server: PostgresServer): Promise<string> {
  const name = `bench_${Date.now()}`;
  await onPostgres(server.url)(`create database ${name}`);
  return server.url.replace(/postgres$/, name);
}

function onSqlite(path: string): (text: string) => Promise<unknown> {
  return async (text) => {
    const database = new BetterSqlite3(path, { timeout: 60_000 });
    try {
      database.exec(text);
    } finally {
      database.close();
    }
  };
}

function onPostgres(url: string): (text: string) => Promise<unknown> {
  return async (text) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      await client.query('set search_path to gatehouse, gatehouse_sandbox');
      await client.query(text);
    } finally {
      await client.end();
    }
  };
}
