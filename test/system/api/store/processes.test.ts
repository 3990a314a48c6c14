import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { Store } from '../../../../services/api/store/store.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import { sqliteFolder, sqliteIn } from '../../../support/api/databases.ts';
import { namesIn, note } from '../../../support/api/store/rows.ts';
import { until } from '../../../support/kit/kit.ts';

const WRITER = fileURLToPath(new URL('../../../support/api/store/writer.ts', import.meta.url));
const silent = createLog('api', 'silent');

/** A process of its own that writes to the database. */
class Writer implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
  errors = '';
  #output = '';

  constructor(folder: string, prefix: string, writers = 1, rows = 1, bytes = 1) {
    const args = [WRITER, folder, prefix, writers, rows, bytes].map(String);
    this.child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout?.on('data', (text: Buffer) => {
      this.#output += text.toString();
    });
    this.child.stderr?.on('data', (text: Buffer) => {
      this.errors += text.toString();
    });
    this.ended = once(this.child, 'close');
  }

  /** What it was told was on disk; a line that it was killed in the middle of does not count. */
  get told(): string[] {
    return this.#output.split('\n').slice(0, -1);
  }

  async wrote(count: number): Promise<void> {
    await until(
      `${count} are written`,
      () => this.told.length >= count,
      20_000,
      () => this.errors,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

describe('store on sqlite, whose process is killed', () => {
  it('has all that it said was written, and no half of anything', async () => {
    const folder = sqliteFolder();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          writers: fc.integer({ min: 1, max: 16 }),
          rows: fc.integer({ min: 1, max: 5 }),
          bytes: fc.constantFrom(1, 500, 20_000),
          tasks: fc.integer({ min: 1, max: 150 }),
        }),
        async ({ writers, rows, bytes, tasks }) => {
          run += 1;
          const prefix = `run${run}`;
          const writer = new Writer(folder, prefix, writers, rows, bytes);
          await writer.wrote(tasks);
          await writer[Symbol.asyncDispose]();
          await using store = await Store.open(sqliteIn(folder), silent);
          const kept = new Map<string, number>();
          for (const name of await namesIn(store)) {
            const [task = ''] = name.split('/');
            if (task.startsWith(`${prefix}-`)) kept.set(task, (kept.get(task) ?? 0) + 1);
          }
          await store.close();
          for (const task of writer.told) assert.ok(kept.has(task), `${task} is lost`);
          for (const [task, count] of kept) assert.equal(count, rows, `${task} is not whole`);
        },
      ),
      { numRuns: 10 },
    );
  });
});

describe('store on sqlite, of two processes', () => {
  it('goes to the first alone, and the second is told who that is', async () => {
    const folder = sqliteFolder();
    await using writer = new Writer(folder, 'first');
    await writer.wrote(1);
    const refusal = {
      code: 'already_running',
      message: new RegExp(
        `gatehouse\\.db is in use by process ${writer.child.pid} on .*; stop that one first`,
      ),
    };
    await assert.rejects(Store.open(sqliteIn(folder), silent), refusal);
    const before = writer.told.length;
    await writer.wrote(before + 1);
  });

  it('goes to one of them when both come at once, and to the next as soon as that one is killed', async () => {
    const folder = sqliteFolder();
    await using one = new Writer(folder, 'one');
    await using two = new Writer(folder, 'two');
    const writers = [one, two];
    await Promise.race(writers.map(({ ended }) => ended));
    const [loser, winner] = one.child.exitCode === null ? [two, one] : [one, two];
    assert.match(loser.errors, /already_running/);
    assert.deepEqual(loser.told, []);
    await winner.wrote(5);
    winner.child.kill('SIGKILL');
    await winner.ended;
    await using store = await Store.open(sqliteIn(folder), silent);
    await store.write((db) => note(db, 'third'));
  });
});
