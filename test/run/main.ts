// `make test`, `make proof`, `.ci/run`: node test/run/main.ts [unit] [system] [proof | bounded] [--only PATH]
import { parseArgs } from 'node:util';
import { longestFirst, rememberTimes } from './file-times.ts';
import { runMocha } from './mocha.ts';
import { processorMs } from './processor-time.ts';
import { printReport, printTier, type TierRun } from './report.ts';
import { runAgain } from './second-run.ts';
import { filesOf, isNamedBy, TIERS, type Tier, type TierName } from './tiers.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string', default: '' } },
});
const chosen = positionals.map((name) => {
  if (!isTier(name)) throw new Error(`there is no tier ${name}; there are ${Object.keys(TIERS).join(', ')}`);
  return name;
});

const runs: TierRun[] = [];
for (const name of chosen) {
  const files = filesOf(name).filter((file) => values.only === '' || isNamedBy(file, values.only));
  if (files.length > 0) runs.push(await runTier(TIERS[name], files));
}
if (runs.length === 0) {
  process.stderr.write(
    values.only === ''
      ? 'no tier is named: node test/run/main.ts unit system proof\n'
      : `no test file is named by T=${values.only}; give a path or a part of one, such as T=gate/hold or T=test/unit/gate\n`,
  );
  process.exit(64);
}
process.exitCode = printReport(runs) ? 0 : 1;

async function runTier(tier: Tier, files: readonly string[]): Promise<TierRun> {
  const beforeMs = processorMs();
  const env = { TEST_TIER: tier.name };
  const first = await runMocha({ files: longestFirst(files), jobs: Math.min(tier.jobs, files.length), env });
  const second = tier.mayRunTwice
    ? await runAgain(first.failed, (file, title) => runMocha({ files: [file], jobs: 1, env, title }))
    : { flaky: [], failed: first.failed, passed: 0 };
  const run: TierRun = {
    tier,
    passed: first.passed + second.passed,
    failed: second.failed,
    flaky: second.flaky,
    files: first.files,
    wallMs: first.wallMs,
    cpuMs: processorMs() - beforeMs,
    isWhole: first.isWhole,
  };
  rememberTimes(first.files);
  printTier(run);
  return run;
}

function isTier(name: string): name is TierName {
  return Object.hasOwn(TIERS, name);
}
