import type { FailedTest, FileTime, PassedTest } from './results.ts';
import { MAX_FLAKY } from './second-run.ts';
import type { Tier } from './tiers.ts';

/** Files that the closing report lists. */
const SLOWEST = 10;

export interface TierRun {
  readonly tier: Tier;
  readonly passed: readonly PassedTest[];
  readonly failed: readonly FailedTest[];
  /** Tests that failed first and passed by themselves, with their first failure. */
  readonly flaky: readonly FailedTest[];
  readonly files: readonly FileTime[];
  readonly wallMs: number;
  /** Processor time of all processes that the tier started. */
  readonly cpuMs: number;
  /** False when tests are missing: see `MochaResults`. */
  readonly isWhole: boolean;
  readonly isInterrupted: boolean;
}

/** Returns the line with the time of a tier beside its budget. */
export function renderTier({ tier, wallMs, cpuMs, passed, failed }: TierRun): string {
  const over = wallMs > tier.budgetS * 1_000 ? ' (OVER BUDGET)' : '';
  const time = `${seconds(wallMs)} s of ${tier.budgetS} s${over}, ${(cpuMs / 60_000).toFixed(1)} processor-minutes`;
  return `\n${tier.name}: ${time}, ${passed.length} passed, ${failed.length} failed\n`;
}

/** Returns the closing report of all tiers, and whether the run is green. */
export function renderReport(runs: readonly TierRun[]): { readonly text: string; readonly isGreen: boolean } {
  const failed = runs.flatMap((run) => run.failed);
  const flaky = runs.flatMap((run) => run.flaky);
  const passed = runs.reduce((sum, run) => sum + run.passed.length, 0);
  const broken = runs.filter((run) => !run.isWhole);
  const wallMs = runs.reduce((sum, run) => sum + run.wallMs, 0);
  const text = [
    renderSlowest(runs.flatMap(({ files }) => files)),
    ...runs.map(renderTier),
    ...flaky.map((test) => renderFailure('flaky', test)),
    ...failed.map((test) => renderFailure('failed', test)),
    flaky.length > MAX_FLAKY ? `\n${flaky.length} tests are flaky; at most ${MAX_FLAKY} may be\n` : '',
    ...broken.map(
      ({ tier, isInterrupted }) =>
        `\n${isInterrupted ? 'the run was interrupted' : 'mocha failed; see its output above'}: tests of the tier ${tier.name} are missing\n`,
    ),
    // The two lines of mocha's own report, then a line for any reader of a log.
    `\n  ${passed} passing (${Math.round(wallMs / 1_000)}s)\n`,
    failed.length > 0 ? `  ${failed.length} failing\n` : '',
    `\n${passed} passed, ${failed.length} failed\n`,
  ].join('');
  const isGreen = failed.length === 0 && broken.length === 0 && flaky.length <= MAX_FLAKY && passed > 0;
  return { text, isGreen };
}

function renderSlowest(files: readonly FileTime[]): string {
  const slowest = files.toSorted((one, other) => other.wallMs - one.wallMs).slice(0, SLOWEST);
  const lines = slowest.map(
    ({ file, wallMs, cpuMs }) => `  ${seconds(wallMs).padStart(6)} ${seconds(cpuMs).padStart(6)}  ${file}\n`,
  );
  return `\nThe ${slowest.length} slowest files (seconds, then processor seconds):\n${lines.join('')}`;
}

function renderFailure(how: 'flaky' | 'failed', { title, file, failure }: FailedTest): string {
  return `\n${how}: ${title}\n  ${file}\n${failure.replace(/^/gm, '    ')}\n`;
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1);
}
