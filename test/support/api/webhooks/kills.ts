import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { openPostgres } from '../../../../services/api/store/postgres.ts';
import { type OpenEngine, Store } from '../../../../services/api/store/store.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import { until } from '../../until.ts';
import { sharedPostgres, sqliteFolder, sqliteIn } from '../databases.ts';
import { Receiver } from './receiver.ts';
import { WebhookWorld } from './webhook-world.ts';

const SCRIPT = fileURLToPath(new URL('delivering-process.ts', import.meta.url));
/** The cursor is written after as many deliveries, so one kill repeats no more, and the one under way. */
const MOST_REPEATED = 51;

/**
 * Delivers so many events by one process after another, each killed when so many requests have come, and asserts that
 * no event is missing or out of order, and that only the last few are repeated.
 */
export async function assertKillsLoseNothing(
  name: 'sqlite' | 'postgres',
  events: number,
  kills: readonly number[],
): Promise<void> {
  const { open, args } = await databaseForAll(name);
  await using receiver = await Receiver.start();
  const seqs = await prepare(open, receiver.url, events);
  /** What had come when each process began. */
  const starts: number[] = [];
  for (const killAt of [...kills, Number.POSITIVE_INFINITY]) {
    starts.push(receiver.received.length);
    await using child = spawnDeliverer(args);
    const isEnough = () => receiver.received.length >= killAt || receiver.seqs.at(-1) === seqs.at(-1);
    await until('enough has come', isEnough);
    child.process.kill('SIGKILL');
    await child.ended;
  }
  assert.deepEqual(receiver.distinct, seqs);
  let last = 0;
  for (const [index, seq] of receiver.seqs.entries()) {
    if (starts.includes(index)) assert.ok(seq > last - MOST_REPEATED && seq <= last + 1, `${last}, ${seq}`);
    else assert.equal(seq, last + 1);
    last = seq;
  }
}

/** A database that this process and others can open, one after another or, on PostgreSQL, at once. */
export async function databaseForAll(
  name: 'sqlite' | 'postgres',
): Promise<{ open: OpenEngine; args: readonly string[] }> {
  if (name === 'sqlite') {
    const folder = sqliteFolder();
    return { open: sqliteIn(folder), args: [folder] };
  }
  const { url } = await sharedPostgres();
  const space = `test_${randomBytes(6).toString('hex')}`;
  return { open: () => openPostgres(url, space, createLog('api', 'silent')), args: [url, space] };
}

/** A webhook and events that nobody has delivered yet; gives their numbers. */
async function prepare(open: OpenEngine, url: string, events: number): Promise<number[]> {
  await using world = await WebhookWorld.start(open);
  const { id } = await world.create(url);
  await world.call('patch', `/${id}`, 200, { status: 'paused' });
  const seqs = await world.append(events);
  await world.close();
  const store = await Store.open(open, createLog('api', 'silent'));
  await store.write((db) => db.updateTable('webhooks').set({ status: 'active' }).execute());
  await store.close();
  return seqs;
}

function spawnDeliverer(args: readonly string[]) {
  const child: ChildProcess = spawn(process.execPath, [SCRIPT, ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const ended = once(child, 'exit');
  return {
    process: child,
    ended,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
