import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import { EventSender, type EventSenderOptions } from '../../../../services/bridge/events/event-sender.ts';
import type { BridgeEvent } from '../../../../services/contract/events.ts';
import { type FakeApi, startFakeApi } from '../../../support/bridge/fake-api.ts';
import { fastFolder } from '../../../support/fast-folder.ts';
import { until } from '../../../support/until.ts';

const SECRET = 'of this boot';

describe('bridge, its sender of events', () => {
  let api: FakeApi;
  let dir: string;
  let sender: EventSender | undefined;
  const start = (more: Partial<EventSenderOptions> = {}) => {
    sender = new EventSender({
      ...{ api: api.origin, secret: SECRET, session: 'test', spoolDir: join(dir, 'test') },
      ...{ spoolMaxBytes: 64 * 1024 ** 2, log: pino({ level: 'silent' }) },
      ...more,
    });
    return sender;
  };
  const keys = () => api.events.map(({ key }) => key);
  beforeEach(async () => {
    api = await startFakeApi(SECRET);
    dir = mkdtempSync(join(fastFolder(), 'gatehouse-sender-'));
  });
  afterEach(async () => {
    await sender?.close(0);
    sender = undefined;
    await api.goDown();
    rmSync(dir, { recursive: true, force: true });
  });

  it('posts many in few posts', async () => {
    const all = named('event', 1_000);
    const { take } = bound(start());
    for (const key of all) take(key);
    await until('all', () => api.events.length === 1_000);
    assert.deepEqual(keys(), all);
    assert.ok(api.posts <= 13, `${api.posts} posts`);
  });

  for (const status of [503, 507]) {
    it(`repeats, in order, what the api failed to take with ${status}`, async () => {
      let failures = 2;
      api.refuseWith = () => (failures-- > 0 ? status : undefined);
      const { take } = bound(start());
      for (const key of ['a', 'b', 'c']) take(key);
      await until('all', () => api.events.length === 3);
      assert.deepEqual(keys(), ['a', 'b', 'c']);
    });
  }

  it('loses only the event that the api refuses as wrong', async () => {
    api.refuseWith = (events) => (events.some(({ key }) => key === 'wrong') ? 400 : undefined);
    const sending = start();
    const all = named('event', 300);
    for (const key of [...all.slice(0, 150), 'wrong', ...all.slice(150)]) sending.take(event(key));
    await until('the others', () => api.events.length === 300);
    assert.deepEqual(keys(), all);
    await until('nothing to wait', () => sending.waiting === 0);
  });

  it('names a refused event in the log, and tells nothing of what it holds', async () => {
    const lines: string[] = [];
    api.refuseWith = () => 400;
    start({ log: pino({}, { write: (line) => lines.push(line) }) }).take(qr('the-key'));
    await until('the line', () => lines.join('').includes('is lost'));
    const log = lines.join('');
    assert.match(log, /the api answered 400 to 1 events/);
    assert.match(log, /the api refused the qr event the-key: it is lost/);
    assert.doesNotMatch(log, /linking code/);
  });

  it('posts at once what comes in the very moment in which the queue has become empty', async () => {
    // The line of the lost event is the last thing before that moment.
    const write = (line: string) => {
      if (line.includes('lost')) queueMicrotask(() => sender?.take(event('next')));
    };
    api.refuseWith = (events) => (events.some(({ key }) => key === 'wrong') ? 400 : undefined);
    start({ log: pino({}, { write }) }).take(event('wrong'));
    await until('the next', () => keys().includes('next'));
  });

  it('keeps what the api does not take for the sender that starts after it', async () => {
    await api.goDown();
    const first = start();
    const all = named('event', 250);
    for (const key of all) first.take(event(key));
    await first.kept();
    await first.close(100);
    await api.goUp();
    start();
    await until('all of them', () => api.events.length === 250);
    assert.deepEqual(keys(), all);
  });

  it('posts a QR code while the api is there, drops it otherwise, and never puts it on the disk', async () => {
    await api.goDown();
    const sending = start();
    sending.take(event('before'));
    sending.take(qr('dropped'));
    await sending.kept();
    await api.goUp();
    await until('the event', () => keys().includes('before'));
    sending.take(qr('posted'));
    sending.take(qr('posted too'));
    await until('the codes', () => keys().includes('posted too'));
    assert.deepEqual(keys(), ['before', 'posted', 'posted too']);
    const files = readdirSync(join(dir, 'test')).map((name) => readFileSync(join(dir, 'test', name), 'utf8'));
    assert.ok(files.join('').includes('before'));
    assert.ok(!files.join('').includes('linking code'));
  });

  it('gives the api a last chance when it closes, and no longer', async () => {
    const sending = start();
    sending.take(event('last'));
    await sending.close(2_000);
    assert.deepEqual(keys(), ['last']);
    await api.goDown();
    sending.take(event('too late'));
    await sending.close(2_000);
    assert.equal(sending.waiting, 1);
  });
});

function bound(sender: EventSender) {
  return { take: (key: string) => sender.take(event(key)) };
}

function event(key: string): BridgeEvent {
  const at = new Date().toISOString();
  return { session: 'test', key, at, kind: 'state', data: { state: 'ready', since: at } };
}

function qr(key: string): BridgeEvent {
  const at = new Date().toISOString();
  return { session: 'test', key, at, kind: 'qr', data: { qr: 'the linking code', generated_at: at } };
}

function named(what: string, count: number): string[] {
  return Array.from({ length: count }, (_, number) => `${what} ${number}`);
}
