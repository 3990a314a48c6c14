import assert from 'node:assert/strict';
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import pino from 'pino';
import { Spool } from '../../../../services/bridge/events/spool.ts';
import type { BridgeEvent } from '../../../../services/contract/events.ts';
import { fastFolder } from '../../../support/fast-folder.ts';

const log = pino({ level: 'silent' });

describe('bridge, the spool of its events', () => {
  let dir: string;
  let spool: Spool;
  const open = async (maxBytes = 1024 ** 2) => {
    spool = await Spool.open({ dir: join(dir, 'test'), session: 'test', maxBytes, log });
  };
  const reopen = async (maxBytes?: number) => {
    await spool.close();
    await open(maxBytes);
  };
  const segments = () =>
    readdirSync(join(dir, 'test'))
      .filter((name) => name.endsWith('.jsonl'))
      .map((name) => join(dir, 'test', name));
  const take = async (most: number) => {
    const batch = await spool.peek(most);
    if (batch !== undefined) await spool.commit(batch);
    return batch?.events ?? [];
  };
  const takeAll = async (): Promise<BridgeEvent[]> => {
    const taken = await take(7);
    return taken.length === 0 ? [] : [...taken, ...(await takeAll())];
  };
  beforeEach(async () => {
    dir = mkdtempSync(join(fastFolder(), 'gatehouse-spool-'));
    await open();
  });
  afterEach(async () => {
    await spool.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it('gives in order, to whoever opens it next, what was not taken', async () => {
    await spool.append([event('a'), event('b')]);
    await spool.append([event('c')]);
    assert.deepEqual(keysOf((await spool.peek(2))?.events), ['a', 'b']);
    await reopen();
    assert.equal(spool.waiting, 3);
    assert.deepEqual(keysOf(await take(2)), ['a', 'b']);
    await spool.append([event('d')]);
    await reopen();
    assert.deepEqual(keysOf(await takeAll()), ['c', 'd']);
    assert.equal(spool.waiting, 0);
  });

  it('knows a torn last line, and says that an event is missing', async () => {
    await spool.append([event('a'), event('b')]);
    const [segment = ''] = segments();
    const line = readFileSync(segment, 'utf8').split('\n')[1] ?? '';
    appendFileSync(segment, line.slice(0, 40));
    await reopen();
    await spool.append([event('c')]);
    assert.deepEqual(await told(), ['a', 'b', 'gap of 1', 'c']);
  });

  it('skips garbage in the middle and counts what it hid', async () => {
    await spool.append(['a', 'b', 'c', 'd', 'e'].map((key) => event(key)));
    const [segment = ''] = segments();
    const lines = readFileSync(segment, 'utf8').split('\n');
    writeFileSync(
      segment,
      [lines[0], `${lines[1]?.slice(0, 30)}\0\0${lines[2]?.slice(30)}`, ...lines.slice(3)].join('\n'),
    );
    await reopen();
    assert.deepEqual(await told(), ['a', 'gap of 2', 'd', 'e']);
  });

  it('drops the oldest beyond its size, and a gap event with their number takes their place', async () => {
    await reopen(16_384);
    for (let number = 0; number < 200; number += 1) await spool.append([event(`event ${number}`)]);
    const bytes = segments().reduce((sum, path) => sum + statSync(path).size, 0);
    assert.ok(bytes <= 16_384, `${bytes} bytes`);
    const before = await spool.peek(1);
    await reopen(16_384);
    const [gap] = (await spool.peek(1))?.events ?? [];
    assert.equal(gap?.key, before?.events[0]?.key);
    const [first, ...rest] = await told();
    const lost = 200 - rest.length;
    assert.ok(lost > 100);
    assert.equal(first, `gap of ${lost}`);
    assert.deepEqual(
      rest,
      Array.from({ length: 200 - lost }, (_, index) => `event ${lost + index}`),
    );
  });

  it('keeps no segment that is taken, and does not count as lost what was taken', async () => {
    await reopen(16_384);
    for (let number = 0; number < 200; number += 1) {
      await spool.append([event(`event ${number}`)]);
      assert.deepEqual(keysOf(await take(1)), [`event ${number}`]);
    }
    assert.equal(segments().length, 1);
  });

  it('has the events on the disk before it says so, in each segment', async () => {
    await reopen(16_384);
    await using synced = await noteSyncs(segments);
    for (let number = 0; number < 20; number += 1) {
      await spool.append([event(`event ${number} ${'x'.repeat(500)}`)]);
      assert.ok(synced.texts.at(-1)?.includes(`event ${number} `), `event ${number} is not on the disk`);
    }
    assert.ok(segments().length > 1);
  });

  it('reads a line of any length', async () => {
    await spool.append([event('a'.repeat(400_000)), event('b')]);
    assert.deepEqual(keysOf(await takeAll()), ['a'.repeat(400_000), 'b']);
  });

  it('is had by one at a time', async () => {
    await assert.rejects(
      Spool.open({ dir: join(dir, 'test'), session: 'test', maxBytes: 1, log }),
      /in use by/,
    );
  });

  it('loses nothing and reorders nothing, whatever the order of its use and of its ends', async () => {
    const step = fc.oneof(
      fc.record({ act: fc.constant('append' as const), count: fc.integer({ min: 1, max: 30 }) }),
      fc.record({ act: fc.constant('take' as const), count: fc.integer({ min: 1, max: 40 }) }),
      fc.record({ act: fc.constant('reopen' as const), count: fc.constant(0) }),
      fc.record({ act: fc.constant('tear' as const), count: fc.integer({ min: 1, max: 200 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        await spool.close();
        rmSync(join(dir, 'test'), { recursive: true, force: true });
        await open(65_536);
        const waiting: string[] = [];
        let number = 0;
        for (const { act, count } of steps) {
          if (act === 'append') {
            const keys = Array.from({ length: count }, () => `event ${number++}`);
            await spool.append(keys.map((key) => event(key)));
            waiting.push(...keys);
          } else if (act === 'take') {
            const all = (await take(count)).map(nameOf);
            const got = all.filter((name) => name !== 'gap of 1');
            assert.deepEqual(got, waiting.splice(0, got.length));
            assert.ok(all.length > 0 || waiting.length === 0);
          } else if (act === 'reopen') await reopen(65_536);
          else {
            // A kill amid a write: of an event that was on disk nothing is torn.
            await spool.close();
            const last = segments().at(-1);
            if (last !== undefined) appendFileSync(last, `deadbeef 12 ${'x'.repeat(count)}`);
            await open(65_536);
          }
        }
        assert.deepEqual(
          (await told()).filter((name) => name !== 'gap of 1'),
          waiting,
        );
      }),
      { numRuns: 60 },
    );
  });

  async function told(): Promise<string[]> {
    return (await takeAll()).map(nameOf);
  }
});

/** Notes what the last segment holds at each call to the system that puts a file on the disk: it outlives a power cut. */
async function noteSyncs(segments: () => string[]) {
  const file = await openFile(tmpdir());
  const prototype = Object.getPrototypeOf(file);
  await file.close();
  const { datasync } = prototype;
  const texts: string[] = [];
  prototype.datasync = async function () {
    texts.push(readFileSync(segments().sort().at(-1) ?? '', 'utf8'));
    return datasync.call(this);
  };
  const restore = async () => void Object.assign(prototype, { datasync });
  return { texts, [Symbol.asyncDispose]: restore };
}

function event(key: string): BridgeEvent {
  const at = new Date().toISOString();
  return { session: 'test', key, at, kind: 'state', data: { state: 'ready', since: at } };
}

function keysOf(events: readonly BridgeEvent[] | undefined): string[] {
  return (events ?? []).map(({ key }) => key);
}

function nameOf(told: BridgeEvent): string {
  return told.kind === 'gap' ? `gap of ${told.data.lost}` : told.key;
}
