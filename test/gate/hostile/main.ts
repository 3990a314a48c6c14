import { GATES } from '../gates.ts';
import { BACKEND_NAMES } from './arena.ts';
import { runAttack } from './attack.ts';
import { Progress } from './progress.ts';
import { Tally } from './tally.ts';

/** `make fuzz`: hostile bytes for every gate and backend, until Ctrl-C or something does not hold; then it exits with 1. */
const { SEED, GATE, BACKEND, CASE } = process.env;
const ROUND = 2_000;
const gates = GATES.filter(({ name }) => GATE === undefined || GATE === '' || GATE === name);
const backends = BACKEND_NAMES.filter((name) => BACKEND === undefined || BACKEND === '' || BACKEND === name);
if (gates.length === 0)
  throw new Error(`GATE is ${GATE}: must be one of ${GATES.map(({ name }) => name).join(', ')}`);
if (backends.length === 0)
  throw new Error(`BACKEND is ${BACKEND}: must be one of ${BACKEND_NAMES.join(', ')}`);
const only = CASE === undefined || CASE === '' ? undefined : Number(CASE);
const progress = new Progress();
let total = new Tally();
process.once('SIGINT', () => {
  progress.end(`${total}: all of it holds\n`);
  process.exit(0);
});
try {
  for (let seed = Number(SEED || Date.now() % 1_000_000); ; seed += 1) {
    for (const kind of gates) {
      for (const backend of backends) {
        const where = `seed ${seed}, ${kind.name} gate before ${backend}`;
        const onProgress = (tally: Tally): void => progress.show(`${where}: ${total.plus(tally)}`);
        total = total.plus(await runAttack({ kind, backend, seed, cases: ROUND, only, onProgress }));
      }
    }
    if (only !== undefined) break;
  }
  progress.end(`${total}: all of it holds\n`);
} catch (error) {
  progress.end(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
