import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import pino from 'pino';
import { EventSender, type EventSenderOptions } from '../../../../services/bridge/events/event-sender.ts';
import type { BridgeEvent } from '../../../../services/contract/events.ts';
import { type FakeApi, startFakeApi } from '../../../support/bridge/fake-api.ts';
import { fillDisk, freeDisk, mountDisk, unmountDisk } from '../../../support/bridge/small-disk.ts';
import { endWithTests } from '../../../support/end-with-tests.ts';
import { until } from '../../../support/until.ts';

const SECRET = 'of this boot';
const PROCESS = new URL('../../../support/bridge/event-sender-process.ts', import.meta.url).pathname;

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

  describe('killed', () => {
    it('posts in order, after it is started again, all that it had kept', async () => {
      const kept: string[] = [];
      for (let round = 0; round < 8; round += 1) {
        // The api is there every other time.
        if (round % 2 === 1) await api.goDown();
        else if (round > 0) await api.goUp();
        const options = { api: api.origin, secret: SECRET, spoolDir: join(dir, 'test'), round };
        const child = spawn(process.execPath, [PROCESS, JSON.stringify(options)], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        child.once('exit', endWithTests(child));
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

    it('loses nothing while a disk is full, and after it has been freed', async () => {
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

function event(key: string): BridgeEvent {
  const at = new Date().toISOString();
  return { session: 'test', key, at, kind: 'state', data: { state: 'ready', since: at } };
}

function named(what: string, count: number): string[] {
  return Array.from({ length: count }, (_, number) => `${what} ${number}`);
}

function inOrder(left: string, right: string): number {
  const [leftRound = 0, leftNumber = 0] = left.split('/').map(Number);
  const [rightRound = 0, rightNumber = 0] = right.split('/').map(Number);
  return leftRound - rightRound || leftNumber - rightNumber;
}
