import { setTimeout as sleep } from 'node:timers/promises';
import { Load } from '../kit/load.ts';
import { until } from '../until.ts';

/**
 * 25 requests a second on a kit, over kept and over new connections, until its standard input ends. Prints `ON` when
 * each client has had an answer, and at the end what became of each request. Runs on the host that the kit is reached
 * from: `node deploy-load.ts ORIGIN KEY`.
 */
const [origin = '', key = ''] = process.argv.slice(2);
/** A gate that drains keeps a quiet connection for 2.5 s: each client asks on it in time, also on a busy machine. */
const CLIENTS = 5;
const PAUSE_MS = 800;

const loads = [true, false].map(
  (keepAlive) => new Load(origin, CLIENTS, { keepAlive, pauseMs: PAUSE_MS, headers: { 'x-api-key': key } }),
);
await until('each client has had an answer', () => loads.every(answersAll));
process.stdout.write('ON\n');
for await (const _ of process.stdin) await sleep(0);
await Promise.all(loads.map((load) => load[Symbol.asyncDispose]()));
process.stdout.write(JSON.stringify(loads.flatMap(({ exchanges }) => exchanges)));

function answersAll({ exchanges }: Load): boolean {
  return new Set(exchanges.filter(({ status }) => status > 0).map(({ client }) => client)).size === CLIENTS;
}
