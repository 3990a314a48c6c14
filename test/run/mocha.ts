import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Results, readResults } from './results.ts';

const MOCHA = new URL('../../node_modules/mocha/bin/mocha.js', import.meta.url).pathname;

export interface MochaRun {
  readonly files: readonly string[];
  /** Test files that run at the same time. With 1, all run in one process. */
  readonly jobs: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Runs only the tests whose full title contains this text. */
  readonly title?: string | undefined;
}

export interface MochaResults extends Results {
  readonly wallMs: number;
  /** Mocha's own exit code is 0, or it counts a failure. Otherwise mocha itself failed, as at a file that does not load. */
  readonly isWhole: boolean;
}

/** Runs mocha in a process of its own, with its report on the standard output of this one. */
export async function runMocha({ files, jobs, env = {}, title }: MochaRun): Promise<MochaResults> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-results-'));
  const results = join(folder, 'results.jsonl');
  const sinceMs = performance.now();
  const child = spawn(
    process.execPath,
    [
      MOCHA,
      ...(jobs > 1 ? ['--parallel', '--jobs', String(jobs)] : []),
      ...(title === undefined ? [] : ['--fgrep', title]),
      // Mocha takes CI for a terminal with colours.
      ...(process.stdout.isTTY ? [] : ['--no-color']),
      ...files,
    ],
    { stdio: 'inherit', env: { ...process.env, ...env, TEST_RESULTS: results } },
  );
  const [code] = await once(child, 'close');
  const read = readResults(results);
  rmSync(folder, { recursive: true, force: true });
  return {
    ...read,
    wallMs: performance.now() - sinceMs,
    isWhole: code === 0 || (typeof code === 'number' && read.failed.length > 0),
  };
}
