import { measureEvents } from './events.ts';
import { measureGate } from './gate.ts';
import { measureBodies } from './gate-bodies.ts';
import { measureMemory } from './memory.ts';
import { measureStore } from './memory-store.ts';
import { measureOutbox } from './outbox.ts';
import { measureRestart } from './restart.ts';
import { measureSends } from './send.ts';
import { measureStart } from './start.ts';

/** A figure beside the peer it is measured against in the same run. */
export interface Figure {
  readonly what: string;
  readonly value: string;
  readonly peer: string;
  /** How the two compare, and what was aimed at. */
  readonly ratio: string;
  readonly target: string;
  readonly met: boolean;
}

const parts = {
  start: measureStart,
  memory: measureMemory,
  restart: measureRestart,
  send: measureSends,
  outbox: measureOutbox,
  events: measureEvents,
  'memory-store': measureStore,
  gate: measureGate,
  bodies: measureBodies,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(parts, name));
if (unknown.length > 0) {
  process.stderr.write(
    `there is no measurement ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}\n`,
  );
  process.exit(64);
}
const figures: Figure[] = [];
for (const [name, measure] of Object.entries(parts)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stderr.write(`measuring ${name} ...\n`);
  figures.push(...(await measure()));
}
for (const { what, value, peer, ratio, target, met } of figures) {
  process.stdout.write(
    `${met ? 'met   ' : 'MISSED'}  ${what}: ${value}, against ${peer}: ${ratio} (target: ${target})\n`,
  );
}
