import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import pino from 'pino';
import { EventSender, type EventSenderOptions } from '../../services/bridge/events/event-sender.ts';
import type { BridgeEvent } from '../../services/contract/events.ts';
import { type FakeApi, startFakeApi } from './fake-api.ts';
import { fillDisk, freeDisk, mountDisk, unmountDisk } from './small-disk.ts';
import { until } from './until.ts';

const SECRET = 'of this boot';
const PROCESS = new URL('event-sender-process.ts', import.meta.url).pathname;

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
    dir = mkdtempSync(join(tmpdir(), 'gatehouse-sender-'));
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
      let failures = 3;
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
    await until('the next', () => keys().includes('next'), 2_000);
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

  describe('killed', () => {
    it('posts in order, after it is started again, all that it had kept', async function () {
      this.timeout(90_000);
      const kept: string[] = [];
      for (let round = 0; round < 8; round += 1) {
        // The api is there every other time.
        if (round % 2 === 1) await api.goDown();
        else if (round > 0) await api.goUp();
        const options = { api: api.origin, secret: SECRET, spoolDir: join(dir, 'test'), round };
        const child = spawn(process.execPath, [PROCESS, JSON.stringify(options)], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        let seen = 0;
        const killAfter = 20 + Math.floor(Math.random() * 200);
        child.stdout.on('data', (chunk: Buffer) => {
          seen += chunk.toString().split('\n').length - 1;
          if (seen >= killAfter) child.kill('SIGKILL');
        });
        const [output] = await Promise.all([text(child.stdout), once(child, 'exit')]);
        // A last line without its end is one of which the process was told only in part.
        kept.push(...output.split('\n').slice(0, -1));
      }
      await api.goUp();
      start();
      const missing = () => {
        const taken = new Set(keys());
        return kept.filter((key) => !taken.has(key));
      };
      await until('all that was kept', () => missing().length === 0).catch((error: unknown) => {
        throw new Error(`${error}: ${missing().length} of ${kept.length} are missing`);
      });
      const firsts = [...new Set(keys())].filter((key) => !key.startsWith('gap'));
      assert.deepEqual(firsts, firsts.toSorted(inOrder));
      assert.ok(kept.length > 160);
    });
  });

  describe('on a disk that takes nothing', () => {
    const reasons: (string | undefined)[] = [];
    const onTrouble = (reason: string | undefined) => void reasons.push(reason);
    beforeEach(() => {
      reasons.length = 0;
    });

    it('posts from memory, says why, and goes back to the disk as soon as that is there', async () => {
      writeFileSync(join(dir, 'test'), 'a file where the folder should be');
      const sending = start({ onTrouble });
      const all = named('event', 30);
      for (const key of all.slice(0, 20)) sending.take(event(key));
      await until('the first', () => api.events.length === 20);
      assert.match(reasons[0] ?? '', /^events are not kept on disk: E/);
      rmSync(join(dir, 'test'));
      await until('the disk', () => reasons.length === 2 && reasons[1] === undefined);
      await api.goDown();
      for (const key of all.slice(20)) sending.take(event(key));
      await sending.kept();
      await sending.close(0);
      await api.goUp();
      start();
      await until('the rest', () => api.events.length === 30);
      assert.deepEqual(keys(), all);
    });

    it('drops the oldest when too many wait in memory, and a gap event takes their place', async () => {
      await api.goDown();
      writeFileSync(join(dir, 'test'), 'a file where the folder should be');
      const sending = start({ mostInMemory: 10 });
      for (const key of named('event', 25)) sending.take(event(key));
      assert.ok(sending.waiting <= 20);
      await api.goUp();
      await until('the last', () => keys().includes('event 24'));
      const [gap, ...rest] = api.events;
      assert.ok(gap?.kind === 'gap');
      assert.equal((gap.data.lost ?? 0) + rest.length, 25);
      assert.deepEqual(keys().slice(1), named('event', 25).slice(-rest.length));
    });

    it('loses nothing while a disk is full, and after it has been freed', async function () {
      this.timeout(90_000);
      const small = join(dir, 'small');
      mkdirSync(small);
      mountDisk(small, '256k');
      try {
        const sending = start({ spoolDir: join(small, 'test'), onTrouble });
        const all = named('event', 400);
        sending.take(event(all[0] ?? ''));
        await until('the first', () => api.events.length === 1);
        fillDisk(small);
        await api.goDown();
        for (const key of all.slice(1, 200)) sending.take(event(key));
        await until('trouble', () => reasons[0]?.includes('ENOSPC'));
        await api.goUp();
        await until('what was taken meanwhile', () => api.events.length >= 200);
        freeDisk(small);
        await until('the disk', () => reasons.at(-1) === undefined);
        for (const key of all.slice(200)) sending.take(event(key));
        await until('all', () => new Set(keys()).size === 400);
        assert.deepEqual([...new Set(keys())], all);
        await sending.close(0);
        start({ spoolDir: join(small, 'test') });
        await until('an open spool', () => sender?.waiting === 0);
        await sender?.close(500);
        assert.equal(new Set(keys()).size, 400, 'no gap event, since nothing was lost');
      } finally {
        await sender?.close(0);
        unmountDisk(small);
      }
    });
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

function inOrder(left: string, right: string): number {
  const [leftRound = 0, leftNumber = 0] = left.split('/').map(Number);
  const [rightRound = 0, rightNumber = 0] = right.split('/').map(Number);
  return leftRound - rightRound || leftNumber - rightNumber;
}
