import { longestFirst, rememberTimes } from './file-times.ts';
import { runMocha } from './mocha.ts';
import { processorMs } from './processor-time.ts';
import type { TierRun } from './report.ts';
import { runAgain } from './second-run.ts';
import type { Tier } from './tiers.ts';

/** Runs the files of one tier, and each file whose failed tests may run again once more by itself. */
export async function runTier(tier: Tier, files: readonly string[]): Promise<TierRun> {
  const cpuBeforeMs = processorMs();
  const sinceMs = performance.now();
  const { env, jobs, timeoutMs } = tier;
  const first = await runMocha({ files: longestFirst(files), jobs, timeoutMs, env });
  const second =
    tier.mayRunTwice && !first.isInterrupted
      ? await runAgain(first, (file) => runMocha({ files: [file], jobs: 1, timeoutMs, env }))
      : { flaky: [], failed: first.failed, passed: [], isInterrupted: false };
  rememberTimes(first.files);
  return {
    tier,
    passed: [...first.passed, ...second.passed],
    failed: second.failed,
    flaky: second.flaky,
    files: first.files,
    wallMs: performance.now() - sinceMs,
    cpuMs: processorMs() - cpuBeforeMs,
    isWhole: first.isWhole && !second.isInterrupted,
    isInterrupted: first.isInterrupted || second.isInterrupted,
  };
}
