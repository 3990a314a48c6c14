import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type FaultTest, tierOf } from './fault.ts';

/** How long one test may take, and the process that runs it. */
const TEST_MS = 60_000;
const PROCESS_MS = 120_000;

const titled = z.object({ fullTitle: z.string() });
const reportSchema = z.object({ passes: z.array(titled), failures: z.array(titled) });

export interface TestResult {
  readonly passed: number;
  readonly failed: number;
}

/** Runs one test in a tree. A process that reports nothing (it crashed or hung) counts as neither passed nor failed. */
export async function runTest(root: string, test: FaultTest): Promise<TestResult> {
  const { file, title } = test;
  const report = join(root, 'report.json');
  rmSync(report, { force: true });
  const mocha = join(root, 'node_modules/mocha/bin/mocha.js');
  const reporting = ['--reporter', 'json', '--reporter-option', `output=${report}`];
  const child = spawn(
    process.execPath,
    [mocha, file, '--exit', '--timeout', String(TEST_MS), '--fgrep', title, ...reporting],
    {
      cwd: root,
      env: { ...process.env, TEST_TIER: tierOf(test) },
      stdio: 'ignore',
      timeout: PROCESS_MS,
      killSignal: 'SIGKILL',
    },
  );
  await once(child, 'close');
  const { passes, failures } = readReport(report);
  return { passed: passes.length, failed: failures.length };
}

function readReport(path: string): z.infer<typeof reportSchema> {
  try {
    return reportSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      return { passes: [], failures: [] };
    throw error;
  }
}
