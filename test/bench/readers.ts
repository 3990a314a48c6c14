import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { ApiProcess } from './api-process.ts';
import { type Figure, toFigure } from './figure.ts';
import { median, summary } from './median.ts';

const EVENTS = 50_000;
const SENDS = 20;
const READERS = [250, 1_000];

/** Sends while many streams from the beginning of the log are open that nobody reads, against sends without them. */
export async function* measureReaders(): AsyncGenerator<Figure> {
  for (const readers of READERS) {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
    try {
      await fillLog(folder);
      await using api = await ApiProcess.start(folder);
      await timeSends(api, 'warm');
      const alone = await timeSends(api, 'alone');
      const streams = Array.from({ length: readers }, (_, index) => openUnread(api, index));
      await Promise.race(streams);
      const beside = await timeSends(api, 'beside');
      const opened = await Promise.all(streams);
      const after = await timeSends(api, 'after');
      for (const stream of opened) stream.destroy();
      const refused = opened.filter(({ statusCode }) => statusCode !== 200).length;
      const times = [...beside, ...after];
      yield toFigure({
        what: `a send while ${readers} streams over ${EVENTS.toLocaleString('en')} events are not read`,
        value: times,
        unit: 'ms',
        note: `${refused} streams refused`,
        peer: `without them, ${summary(alone, 'ms')}`,
        ratio: median(times) / median(alone),
      });
      yield toFigure({
        what: `the slowest of ${SENDS} sends once ${readers} streams are open that are not read`,
        value: Math.max(...after),
        unit: 'ms',
        peer: `the slowest without them, ${Math.max(...alone).toFixed(1)} ms`,
        ratio: Math.max(...after) / Math.max(...alone),
      });
    } finally {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  }
}

/** A stream whose bytes stay in the sockets; each of four in a row comes from one client. */
async function openUnread(api: ApiProcess, index: number): Promise<IncomingMessage> {
  const client = `192.0.2.${Math.floor(index / 4) % 250}`;
  const headers = { accept: 'text/event-stream', 'last-event-id': '0', 'x-forwarded-for': client };
  const stream = await api.open('GET', '/api/events', undefined, headers, false);
  return stream.pause();
}

async function timeSends(api: ApiProcess, name: string): Promise<number[]> {
  const times: number[] = [];
  for (let count = 0; count < SENDS; count += 1) {
    const from = performance.now();
    const { status, text } = await api.call(
      'POST',
      '/api/whatsapp/send',
      { chat_id: `1555${1_000_000 + count}@c.us`, message: `message ${count}` },
      { prefer: 'respond-async', 'idempotency-key': `${name}-${count}` },
    );
    if (status !== 202) throw new Error(`a send was answered ${status}: ${text}`);
    times.push(performance.now() - from);
  }
  return times;
}

async function fillLog(folder: string): Promise<void> {
  {
    await using _api = await ApiProcess.start(folder);
  }
  const database = new BetterSqlite3(join(folder, 'gatehouse.db'));
  try {
    database.pragma('synchronous = OFF');
    const body = 'x'.repeat(300);
    database.exec(`with recursive count (n) as (select 1 union all select n + 1 from count where n < ${EVENTS})
      insert into events (session, key, type, whatsapp_id, at, data, stored_at)
        select 'default', 'message:' || n, 'message', null, '2026-01-01T00:00:00.000Z',
          '{"chat_id":"15551000000@c.us","body":"${body}"}', ${Date.now()} from count`);
  } finally {
    database.close();
  }
}
