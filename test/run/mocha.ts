import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Results, readResults } from './results.ts';

const MOCHA = new URL('../../node_modules/mocha/bin/mocha.js', import.meta.url).pathname;

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

export interface MochaRun {
  readonly files: readonly string[];
  /** Test files that run at the same time, each in a process that runs several one after the other. */
  readonly jobs: number;
  readonly timeoutMs: number;
  readonly env?: Readonly<Record<string, string>>;
}

export interface MochaResults extends Results {
  /** False when tests are missing: a file did not load, a worker ended, or the run was interrupted. */
  readonly isWhole: boolean;
  /** This process was told to end. */
  readonly isInterrupted: boolean;
}

/** Runs mocha in a process of its own, which reports on the standard output of this one. */
export async function runMocha({ files, jobs, timeoutMs, env = {} }: MochaRun): Promise<MochaResults> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-results-'));
  const results = join(folder, 'results.jsonl');
  const child = spawn(
    process.execPath,
    [
      MOCHA,
      // In workers also with one file: only they run the hooks of worker.ts once for each file.
      ...['--parallel', '--jobs', String(Math.max(2, jobs))],
      ...['--timeout', String(timeoutMs)],
      // Mocha takes CI for a terminal with colours.
      ...(process.stdout.isTTY ? [] : ['--no-color']),
      ...files,
    ],
    { stdio: 'inherit', env: { ...process.env, ...env, TEST_RESULTS: results } },
  );
  let isInterrupted = false;
  const forward = (signal: NodeJS.Signals): void => {
    isInterrupted = true;
    child.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, forward);
  const [code] = await once(child, 'close');
  for (const signal of SIGNALS) process.off(signal, forward);
  const read = readResults(results);
  rmSync(folder, { recursive: true, force: true });
  // An interrupted mocha may end with 0, as if the tests that it has run were all.
  const isWhole = !isInterrupted && (code === 0 || (typeof code === 'number' && read.failed.length > 0));
  return { ...read, isWhole, isInterrupted };
}
