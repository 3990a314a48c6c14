import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Store } from '../../../../services/api/store/store.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import { until } from '../../until.ts';
import { sqliteIn } from '../databases.ts';
import { namesIn } from './rows.ts';

const WRITER = fileURLToPath(new URL('writer.ts', import.meta.url));

/** A process of its own that writes to the database. */
export class Writer implements AsyncDisposable {
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
    await until(`${count} are written`, () => this.told.length >= count, { more: () => this.errors });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

/** What a process writes before it is killed: tasks of so many rows and bytes, by so many writers at once. */
export interface KilledWriter {
  readonly prefix: string;
  readonly writers: number;
  readonly rows: number;
  readonly bytes: number;
  readonly tasks: number;
}

/** Kills a process that writes, then asserts that the database has all that the process said was on disk, and no half of a task. */
export async function assertNothingIsLost(folder: string, killed: KilledWriter): Promise<void> {
  const { prefix, writers, rows, bytes, tasks } = killed;
  const writer = new Writer(folder, prefix, writers, rows, bytes);
  await writer.wrote(tasks);
  await writer[Symbol.asyncDispose]();
  await using store = await Store.open(sqliteIn(folder), createLog('api', 'silent'));
  const kept = new Map<string, number>();
  for (const name of await namesIn(store)) {
    const [task = ''] = name.split('/');
    if (task.startsWith(`${prefix}-`)) kept.set(task, (kept.get(task) ?? 0) + 1);
  }
  for (const task of writer.told) assert.ok(kept.has(task), `${task} is lost`);
  for (const [task, count] of kept) assert.equal(count, rows, `${task} is not whole`);
}
