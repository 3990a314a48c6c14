import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { EVENTS_PATH } from '../../../../services/contract/internal.ts';
import { ApiProcess } from '../../../bench/api-process.ts';
import { type EventReader, openEvents } from '../../kit/events.ts';
import { sharedPostgres, sqliteFolder } from '../databases.ts';
import { fromGate } from '../world.ts';
import { calls } from './news.ts';

const BATCH = 7;
const TAKEN_BETWEEN = 12;

/**
 * Kills an api so many times while the bridge gives it events and a reader follows, and asserts that a reader which
 * comes back gets everything that was taken, once and in order.
 */
export async function assertKillsLoseNothing(name: 'sqlite' | 'postgres', kills: number): Promise<void> {
  const folder = sqliteFolder();
  const variables = name === 'sqlite' ? {} : await newPostgres();
  const numbers: number[] = [];
  const keys: string[] = [];
  let given = 0;
  for (let run = 0; run <= kills; run += 1) {
    let underway: Promise<unknown> = Promise.resolve();
    {
      await using api = await ApiProcess.start(folder, variables);
      await using reader = await resume(api, numbers.at(-1));
      // The bridge begins with the batch of which it never heard.
      for (const until = given + TAKEN_BETWEEN; given < until; given += 1) await give(api, given);
      const behind = given * BATCH - numbers.length;
      // On odd runs the reader is cut off before it has read all.
      for (const { seq, data } of await reader.take(run % 2 === 0 ? behind : Math.floor(behind / 2))) {
        numbers.push(seq);
        keys.push(String(data.call_id));
      }
      if (run < kills) underway = give(api, given).catch(() => 'broken off');
      await api.kill();
    }
    await underway;
  }
  assert.equal(given, (kills + 1) * TAKEN_BETWEEN);
  await using api = await ApiProcess.start(folder, variables);
  await using reader = await resume(api, numbers.at(-1));
  await give(api, given);
  while (keys.length < (given + 1) * BATCH) {
    const { seq, data } = await reader.next();
    numbers.push(seq);
    keys.push(String(data.call_id));
  }
  assert.deepEqual(keys, Array.from({ length: given + 1 }, (_, batch) => keysOf(batch)).flat());
  assert.deepEqual(
    numbers,
    [...numbers].sort((left, right) => left - right),
  );
}

function resume(api: ApiProcess, last = 0): Promise<EventReader> {
  return openEvents(`http://127.0.0.1:${api.port}`, { ...fromGate, 'last-event-id': String(last) });
}

async function give(api: ApiProcess, batch: number): Promise<void> {
  const { status, text } = await api.call('POST', EVENTS_PATH, { events: calls(BATCH, `${batch}/`) });
  assert.equal(status, 200, text);
}

function keysOf(batch: number): string[] {
  return calls(BATCH, `${batch}/`).map(({ key }) => key);
}

/** A database of its own on the server of all tests. */
async function newPostgres(): Promise<Record<string, string>> {
  const { url } = await sharedPostgres();
  const name = `killed_${randomBytes(6).toString('hex')}`;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  return { DATABASE_URL: url.replace(/[^/]+$/, name) };
}
