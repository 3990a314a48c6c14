import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { ApiProcess } from './api-process.ts';
import { type Figure, toFigure } from './figure.ts';
import { median, summary } from './median.ts';

const MANY = 1_000_000;
const FEW = 1_000;
const MOST_MORE_MB = 40;
const MOST_TIMES = 2;
const CALLS = 150;
const PAGE = 100;

/** What the api costs with a million messages and events: its memory against an empty one, its calls against a thousand. */
export async function* measureStore(): AsyncGenerator<Figure> {
  const folders = [0, FEW, MANY].map(() => mkdtempSync(join(tmpdir(), 'gatehouse-bench-')));
  try {
    const [none = '', few = '', many = ''] = folders;
    await fillStore(few, FEW);
    await fillStore(many, MANY);
    await using empty = await ApiProcess.start(none);
    await using small = await ApiProcess.start(few);
    await using large = await ApiProcess.start(many);
    for (const [what, act] of OPERATIONS) {
      const [fast, slow]: [number[], number[]] = [[], []];
      for (let call = 0; call < CALLS; call += 1) {
        await act(empty, 0, call);
        fast.push(await milliseconds(() => act(small, FEW, call)));
        slow.push(await milliseconds(() => act(large, MANY, call)));
      }
      yield toFigure({
        what: `${what} with ${MANY.toLocaleString('en')} messages and events`,
        value: slow,
        unit: 'ms',
        peer: `the same with ${FEW.toLocaleString('en')}, ${summary(fast, 'ms', 2)}`,
        ratio: median(slow) / median(fast),
        target: { of: 'ratio', atMost: MOST_TIMES },
      });
    }
    const [largeMb, emptyMb] = [large.pssMb, empty.pssMb];
    const what = `memory of the api with ${MANY.toLocaleString('en')} messages and events`;
    const peer = `the api with none, after the same calls, ${emptyMb.toFixed(0)} MB`;
    yield toFigure({ what, value: largeMb, unit: 'MB PSS', peer });
    yield toFigure({
      what: `${what}, more than with none`,
      value: largeMb - emptyMb,
      unit: 'MB PSS',
      peer,
      target: { of: 'value', atMost: MOST_MORE_MB },
    });
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

type Operation = (api: ApiProcess, rows: number, call: number) => Promise<void>;

const OPERATIONS: readonly (readonly [string, Operation])[] = [
  [
    'a send',
    (api, _rows, call) =>
      expect(
        202,
        api.call(
          'POST',
          '/api/whatsapp/send',
          { chat_id: `1555${1_000_000 + (call % 100)}@c.us`, message: `message ${call}` },
          { prefer: 'respond-async', 'idempotency-key': `bench-${call}` },
        ),
      ),
  ],
  [
    'the newest page of messages',
    (api) => expect(200, api.call('GET', `/api/whatsapp/messages?limit=${PAGE}`)),
  ],
  [
    'a page of the messages of one chat',
    (api, _rows, call) =>
      expect(
        200,
        api.call('GET', `/api/whatsapp/messages?limit=${PAGE}&chat_id=1555${1_000_000 + (call % 100)}@c.us`),
      ),
  ],
  [
    'a page of events from the middle',
    (api, rows) => expect(200, api.call('GET', `/api/events?after=${Math.floor(rows / 2)}&limit=${PAGE}`)),
  ],
  [
    'a page of events of a rare type',
    (api) => expect(200, api.call('GET', `/api/events?after=0&types=call&limit=${PAGE}`)),
  ],
  [
    'to resume the stream of events',
    (api, rows) => resume(api, Math.max(0, rows - PAGE), Math.min(rows, PAGE)),
  ],
];

async function expect(status: number, answer: Promise<{ status: number; text: string }>): Promise<void> {
  const got = await answer;
  if (got.status !== status)
    throw new Error(`answered ${got.status}, not ${status}: ${got.text.slice(0, 400)}`);
}

/** Connects behind an event and reads the next ones. */
async function resume(api: ApiProcess, after: number, events: number): Promise<void> {
  const headers = { accept: 'text/event-stream', 'last-event-id': String(after) };
  const stream = await api.open('GET', '/api/events', undefined, headers, false);
  let seen = 0;
  if (events > 0)
    for await (const piece of stream.setEncoding('utf8')) {
      seen += String(piece).match(/^id: /gm)?.length ?? 0;
      if (seen >= events) break;
    }
  stream.destroy();
}

async function milliseconds(act: () => Promise<void>): Promise<number> {
  const from = performance.now();
  await act();
  return performance.now() - from;
}

/** Rows straight into the database that an api has made, as a long life would have left them: sent, read and logged. */
async function fillStore(folder: string, rows: number): Promise<void> {
  {
    await using _api = await ApiProcess.start(folder);
  }
  const database = new BetterSqlite3(join(folder, 'gatehouse.db'));
  try {
    database.pragma('synchronous = OFF');
    const count = `with recursive count (n) as (select 1 union all select n + 1 from count where n < ${rows})`;
    const now = Date.now();
    database.exec(`begin;
      insert into messages (id, session, chat_id, kind, content, state, accepted_at, expires_at, next_try_at,
          attempts, dispatched_at, sent_at, delivered_at, read_at, whatsapp_id)
        ${count} select printf('3EB0%018X', n), 'default', (15551000000 + n % 100) || '@c.us', 'text',
          '{"kind":"text","text":"message ' || n || ' of about the length of what people write"}', 'read',
          ${now} - (${rows} - n), ${now} + 86400000, 0, 1, ${now}, ${now}, ${now}, ${now},
          printf('true_%s@c.us_3EB0%018X', 15551000000 + n % 100, n) from count;
      insert into events (seq, session, key, type, whatsapp_id, at, data, stored_at)
        ${count} select n, 'default', 'ack:' || n, case when n % 5000 = 0 then 'call' else 'ack' end,
          printf('true_%s@c.us_3EB0%018X', 15551000000 + n % 100, n), '2026-01-01T00:00:00.000Z',
          '{"chat_id":"15551000000@c.us","stanza_id":"3EB0","ack":' || n % 4 || '}', ${now} from count;
      insert into idempotency (key, fingerprint, message_id, created_at)
        ${count} select 'key-' || n, 'f', printf('3EB0%018X', n), ${now} from count;
      commit;`);
    database.pragma('wal_checkpoint(TRUNCATE)');
  } finally {
    database.close();
  }
}
