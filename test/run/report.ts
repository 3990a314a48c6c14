import type { FailedTest, FileTime } from './results.ts';
import { MAX_FLAKY } from './second-run.ts';
import type { Tier } from './tiers.ts';

/** Files that the closing report lists. */
const SLOWEST = 10;

export interface TierRun {
  readonly tier: Tier;
  readonly passed: number;
  readonly failed: readonly FailedTest[];
  /** Tests that failed first and passed by themselves, with their first failure. */
  readonly flaky: readonly FailedTest[];
  readonly files: readonly FileTime[];
  readonly wallMs: number;
  /** Processor time of all processes that the tier started. */
  readonly cpuMs: number;
  /** False when mocha itself failed: a file did not load, or a worker ended. */
  readonly isWhole: boolean;
}

/** The time that a tier took, beside its budget. */
export function printTier({ tier, wallMs, cpuMs, passed, failed }: TierRun): void {
  const over = wallMs > tier.budgetS * 1_000 ? ', OVER BUDGET' : '';
  print(
    `\n${tier.name}: ${seconds(wallMs)} s of ${tier.budgetS} s${over}, ${(cpuMs / 60_000).toFixed(1)} processor-minutes, ${passed} passed, ${failed.length} failed\n`,
  );
}

/** The closing report of all tiers. Returns whether the run is green. */
export function printReport(runs: readonly TierRun[]): boolean {
  const failed = runs.flatMap((run) => run.failed);
  const flaky = runs.flatMap((run) => run.flaky);
  const passed = runs.reduce((sum, run) => sum + run.passed, 0);
  const broken = runs.filter((run) => !run.isWhole).map(({ tier }) => tier.name);
  printSlowest(runs.flatMap(({ files }) => files));
  for (const run of runs) printTier(run);
  for (const { title, file, failure } of flaky) print(`\nflaky: ${title}\n  ${file}\n${indent(failure)}\n`);
  for (const { title, file, failure } of failed) print(`\nfailed: ${title}\n  ${file}\n${indent(failure)}\n`);
  if (flaky.length > MAX_FLAKY) print(`\n${flaky.length} tests are flaky, and at most ${MAX_FLAKY} may be\n`);
  for (const name of broken)
    print(`\nmocha did not end as it should in the tier ${name}; see its output above\n`);
  const wallMs = runs.reduce((sum, run) => sum + run.wallMs, 0);
  // The two lines of mocha's own report, then one that any reader of a log understands.
  print(`\n  ${passed} passing (${Math.round(wallMs / 1_000)}s)\n`);
  if (failed.length > 0) print(`  ${failed.length} failing\n`);
  print(`\n${passed} passed, ${failed.length} failed\n`);
  return failed.length === 0 && broken.length === 0 && flaky.length <= MAX_FLAKY && passed > 0;
}

function printSlowest(files: readonly FileTime[]): void {
  const slowest = files.toSorted((one, other) => other.wallMs - one.wallMs).slice(0, SLOWEST);
  print(`\nThe ${slowest.length} slowest files (seconds, then processor seconds):\n`);
  for (const { file, wallMs, cpuMs } of slowest)
    print(`  ${seconds(wallMs).padStart(6)} ${seconds(cpuMs).padStart(6)}  ${file}\n`);
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1);
}

function indent(text: string): string {
  return text.replace(/^/gm, '    ');
}

function print(text: string): void {
  process.stdout.write(text);
}
