import { setTimeout as sleep } from 'node:timers/promises';
import { Load } from '../kit/load.ts';

/**
 * Twenty requests a second on a kit, over kept and over new connections, for as long as its standard input is open; then
 * prints what became of each. Runs where the kit is reached from: `node deploy-load.ts ORIGIN KEY`.
 */
const [origin = '', key = ''] = process.argv.slice(2);
const CLIENTS = 10;
const PAUSE_MS = 2_000;

const loads = [true, false].map(
  (keepAlive) => new Load(origin, CLIENTS, { keepAlive, pauseMs: PAUSE_MS, headers: { 'x-api-key': key } }),
);
for await (const _ of process.stdin) await sleep(0);
await Promise.all(loads.map((load) => load[Symbol.asyncDispose]()));
process.stdout.write(JSON.stringify(loads.flatMap(({ exchanges }) => exchanges)));
