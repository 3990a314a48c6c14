import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { openPostgres } from '../../../../services/api/store/postgres.ts';
import { type OpenEngine, Store } from '../../../../services/api/store/store.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import { DATABASES, sharedPostgres, sqliteFolder, sqliteIn } from '../../../support/api/databases.ts';
import { PostgresServer } from '../../../support/api/postgres-server.ts';
import { first, Receiver, withStatus } from '../../../support/api/webhooks/receiver.ts';
import { WebhookWorld } from '../../../support/api/webhooks/webhook-world.ts';
import { until } from '../../../support/kit/kit.ts';

const SCRIPT = fileURLToPath(new URL('../../../support/api/webhooks/delivering-process.ts', import.meta.url));
/** The cursor is written after as many deliveries, so one kill repeats no more, and the one under way. */
const MOST_REPEATED = 51;
const EVENTS = 400;

for (const { name, fresh } of DATABASES)
  describe(`webhooks on ${name}, when the api ends`, () => {
    it('go on after each of several kill -9 without a gap, in order, and repeat only the last few', async () => {
      const { open, args } = await databaseForAll(name);
      await using receiver = await Receiver.start();
      const seqs = await prepare(open, receiver.url);
      /** What had come when each process began. */
      const starts: number[] = [];
      for (const killAt of [30, 120, 121, 300, Number.POSITIVE_INFINITY]) {
        starts.push(receiver.received.length);
        await using child = spawnDeliverer(args);
        const isEnough = () => receiver.received.length >= killAt || receiver.seqs.at(-1) === seqs.at(-1);
        await until('enough has come', isEnough, 20_000);
        child.process.kill('SIGKILL');
        await child.ended;
      }
      assert.deepEqual(receiver.distinct, seqs);
      let last = 0;
      for (const [index, seq] of receiver.seqs.entries()) {
        if (starts.includes(index))
          assert.ok(seq > last - MOST_REPEATED && seq <= last + 1, `${last}, ${seq}`);
        else assert.equal(seq, last + 1);
        last = seq;
      }
    });

    it('finish the delivery under way, note it, and repeat nothing after a stop in order', async () => {
      await using world = await WebhookWorld.start(await fresh(), { timeoutMs: 10_000 });
      await using receiver = await Receiver.start((_event, response, n) => {
        if (n === 3) setTimeout(() => response.end(), 300);
        else response.end();
      });
      await world.create(receiver.url);
      const seqs = await world.append(5);
      await receiver.has(3);
      await world.restart(5_000);
      await receiver.has(5);
      assert.deepEqual(receiver.seqs, seqs);
    });

    it('cut a delivery that outlasts the grace, and repeat it', async () => {
      await using world = await WebhookWorld.start(await fresh(), { timeoutMs: 60_000 });
      await using receiver = await Receiver.start(first(1, () => undefined));
      const { id } = await world.create(receiver.url);
      const [seq] = await world.append(1);
      await receiver.has(1);
      const begun = performance.now();
      await world.restart(600);
      assert.ok(performance.now() - begun < 5_000);
      await receiver.has(2);
      assert.deepEqual(receiver.seqs, [seq, seq]);
      await world.becomes(id, { lag: 0, last_error: null });
    });

    it('remember across a restart how often and since when an event has failed', async () => {
      await using world = await WebhookWorld.start(await fresh(), { retryMs: 60_000 });
      await using receiver = await Receiver.start(withStatus(500));
      const { id } = await world.create(receiver.url);
      await world.append(1);
      await world.becomes(id, { attempts: 1 });
      const before = await world.get(id);
      await world.restart();
      assert.deepEqual(await world.get(id), before);
      // Another one has had its turn since, so this one has as well.
      await using other = await Receiver.start();
      await world.create(other.url, { after: 0 });
      await other.has(1);
      assert.equal(receiver.received.length, 1);
    });
  });

describe('webhooks on postgres, of several apis or without their server', () => {
  it('are delivered by one api at a time; another takes over when that one ends', async () => {
    const { open } = await databaseForAll('postgres');
    await using receiver = await Receiver.start();
    await using one = await WebhookWorld.start(open);
    await using two = await WebhookWorld.start(open);
    await two.create(receiver.url);
    const seqs = [...(await one.append(20)), ...(await two.append(20))];
    await receiver.has(40);
    assert.deepEqual(receiver.seqs, seqs);
    await one.close(1_000);
    const more = await two.append(5);
    await receiver.has(45);
    assert.deepEqual(receiver.seqs, [...seqs, ...more]);
  });

  it('wait while the server is away, and go on in order when it is back', async () => {
    await using server = await PostgresServer.start();
    const open = () => openPostgres(server.url, 'away', createLog('api', 'silent'));
    await using world = await WebhookWorld.start(open);
    await using receiver = await Receiver.start();
    const { id } = await world.create(receiver.url);
    const seqs = await world.append(30);
    await receiver.has(10);
    await server.kill();
    await server.startAgain();
    await until('the store is back', () => world.store.status.state === 'ok', 20_000);
    seqs.push(...(await world.append(10)));
    await until('all has come', () => receiver.seqs.includes(seqs.at(-1) ?? 0), 20_000);
    assert.deepEqual(receiver.distinct, seqs);
    await world.becomes(id, { lag: 0, attempts: 0 });
  });
});

/** A database that this process and others can open, one after another or, on PostgreSQL, at once. */
async function databaseForAll(
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
async function prepare(open: OpenEngine, url: string): Promise<number[]> {
  await using world = await WebhookWorld.start(open);
  const { id } = await world.create(url);
  await world.call('patch', `/${id}`, 200, { status: 'paused' });
  const seqs = await world.append(EVENTS);
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
