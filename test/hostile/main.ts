import { GATES } from '../support/gate/gates.ts';
import { BACKEND_NAMES } from './arena.ts';
import { runAttack } from './attack.ts';
import { Progress } from './progress.ts';
import { Tally } from './tally.ts';

/** `make fuzz`: hostile bytes for every gate and backend, until Ctrl-C or something does not hold; then it exits with 1. */
const { SEED, GATE, BACKEND, CASE } = process.env;
const ROUND = 2_000;
const gates = GATES.filter(({ name }) => !GATE || GATE === name);
const backends = BACKEND_NAMES.filter((name) => !BACKEND || BACKEND === name);
if (gates.length === 0) throw new Error(`GATE is ${GATE}: must be one of ${GATES.map(({ name }) => name)}`);
if (backends.length === 0) throw new Error(`BACKEND is ${BACKEND}: must be one of ${BACKEND_NAMES}`);
const only = CASE ? Number(CASE) : undefined;
const rounds = gates.flatMap((kind) => backends.map((backend) => ({ kind, backend })));
const progress = new Progress();
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
let total = new Tally();
try {
  for (let seed = Number(SEED || Date.now() % 1_000_000); !stop.signal.aborted; seed += 1) {
    for (const { kind, backend } of rounds) {
      if (stop.signal.aborted) break;
      const where = `seed ${seed}, ${kind.name} gate before ${backend}`;
      const onProgress = (tally: Tally): void => progress.show(`${where}: ${total.plus(tally)}`);
      const attack = { kind, backend, seed, cases: ROUND, only, onProgress, signal: stop.signal };
      total = total.plus(await runAttack(attack));
    }
    if (only !== undefined) break;
  }
  progress.end(`all of it holds: ${total}\n`);
} catch (error) {
  progress.end(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
