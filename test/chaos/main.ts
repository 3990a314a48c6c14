import { readPlan } from './options.ts';
import { holds, renderReport } from './report.ts';
import { runChaos } from './run.ts';

/** `make chaos`: one run after the other; exits with 1 when one does not hold. */
const runs = readPlan(process.env);
const isLoud = process.env.LOUD === '1';
// What a run has started and mounted goes with it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
let failed = 0;
for (const options of runs) {
  process.stdout.write(`scenario ${options.scenario}, SEED=${options.seed}, ${options.database} ...\n`);
  const report = await runChaos({ ...options, isLoud });
  process.stdout.write(renderReport(report));
  if (!holds(report)) failed += 1;
}
process.stdout.write(`${runs.length - failed} of ${runs.length} runs hold\n`);
process.exit(failed === 0 ? 0 : 1);
