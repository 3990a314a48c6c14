import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EVENTS_PATH } from '../../services/contract/internal.ts';
import { until } from '../support/until.ts';
import { ApiProcess } from './api-process.ts';
import { type Figure, toFigure } from './figure.ts';
import { median, summary } from './median.ts';

const READERS = 100;
const ROUNDS = 5;
const BATCHES = 10;
const BATCH = 100;
const WITHIN_MS = 120_000;

/** Events of the bridge, on disk and then at every one of 100 readers of the stream. */
export async function* measureEvents(): AsyncGenerator<Figure> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
  try {
    await using api = await ApiProcess.start(folder);
    let seen = 0;
    const streams = await Promise.all(
      Array.from({ length: READERS }, async () => {
        const stream = await api.open(
          'GET',
          '/api/events',
          undefined,
          { accept: 'text/event-stream' },
          false,
        );
        stream.setEncoding('latin1').on('data', (text: string) => {
          for (let from = text.indexOf('\nid:'); from >= 0; from = text.indexOf('\nid:', from + 1)) seen += 1;
          if (text.startsWith('id:')) seen += 1;
        });
        return stream;
      }),
    );
    const rates: number[] = [];
    const stored: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      seen = 0;
      const from = performance.now();
      for (let batch = 0; batch < BATCHES; batch += 1) {
        const { status, text } = await api.call('POST', EVENTS_PATH, { events: eventBatch(round, batch) });
        if (status !== 200) throw new Error(`${EVENTS_PATH} answered ${status}: ${text}`);
      }
      stored.push((BATCHES * BATCH * 1_000) / (performance.now() - from));
      await until('every reader has every event', () => seen >= BATCHES * BATCH * READERS, {
        withinMs: WITHIN_MS,
      });
      rates.push((BATCHES * BATCH * READERS * 1_000) / (performance.now() - from));
    }
    for (const stream of streams) stream.destroy();
    const bare = await bareServer();
    yield toFigure({
      what: `events to ${READERS} readers of the stream, stored before`,
      value: rates,
      unit: 'deliveries per s',
      peer: `a bare node:http server that writes the same frames and stores nothing, ${summary(bare, 'per s')}`,
      ratio: median(rates) / median(bare),
    });
    yield toFigure({
      what: `events that the api takes from the bridge and stores, with ${READERS} readers of the stream`,
      value: stored,
      unit: 'per s',
      peer: 'the deliveries to the readers, in the same run',
    });
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function eventBatch(round: number, batch: number): object[] {
  return Array.from({ length: BATCH }, (_, index) => messageEvent(`${round}.${batch}.${index}`));
}

function messageEvent(name: string) {
  const id = `3EB0${name}`;
  const chat = '15551234567@c.us';
  return {
    session: 'default',
    key: `message:${id}`,
    at: new Date().toISOString(),
    kind: 'message',
    whatsapp_id: `false_${chat}_${id}`,
    data: {
      id: `false_${chat}_${id}`,
      stanza_id: id,
      chat_id: chat,
      from: chat,
      to: '15550001111@c.us',
      from_me: false,
      type: 'chat',
      body: `Event ${name}, of about the length of what people write`,
      timestamp: Math.floor(Date.now() / 1_000),
      ack: 0,
      has_media: false,
    },
  };
}

/** The same frames to as many sockets, in this process alone: what Node can do at most, client and server together. */
async function bareServer(): Promise<number[]> {
  const frame = `id: 1\nevent: message\ndata: ${JSON.stringify({ seq: 1, ...messageEvent('bare') })}\n\n`;
  const responses: import('node:http').ServerResponse[] = [];
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(': events follow\n\n');
    responses.push(response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  let bytes = 0;
  const { get, Agent } = await import('node:http');
  const agent = new Agent();
  for (let reader = 0; reader < READERS; reader += 1)
    get({ host: '127.0.0.1', port, agent }, (response) =>
      response.on('data', (piece: Buffer) => {
        bytes += piece.length;
      }),
    );
  await until('all read', () => responses.length === READERS, { withinMs: WITHIN_MS });
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const goal = bytes + frame.length * BATCHES * BATCH * READERS;
    const from = performance.now();
    for (let count = 0; count < BATCHES * BATCH; count += 1) {
      for (const response of responses) response.write(frame);
      if (count % BATCH === BATCH - 1) await new Promise((resolve) => setImmediate(resolve));
    }
    await until('all has arrived', () => bytes >= goal - READERS * 40, { withinMs: WITHIN_MS });
    rates.push((BATCHES * BATCH * READERS * 1_000) / (performance.now() - from));
  }
  server.closeAllConnections();
  server.close();
  return rates;
}
