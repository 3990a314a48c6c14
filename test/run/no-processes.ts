import childProcess from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';

const STARTERS = ['exec', 'execFile', 'execFileSync', 'execSync', 'fork', 'spawn', 'spawnSync'] as const;
const attempts: string[] = [];
let isForbidden = false;

/** Makes each attempt to start a process fail in this process: unit tests start none. */
export function forbidProcesses(): void {
  if (isForbidden) return;
  isForbidden = true;
  for (const name of STARTERS)
    Object.defineProperty(childProcess, name, {
      value: (file: unknown) => {
        attempts.push(`${name}(${JSON.stringify(file)})`);
        throw new Error(`a unit test called ${attempts.at(-1)}`);
      },
    });
  syncBuiltinESMExports();
}

/** Fails the test in which a process was started, even if the code under test caught the error of `forbidProcesses`. */
export function assertNoProcesses(): void {
  const calls = attempts.splice(0);
  if (calls.length > 0)
    throw new Error(`unit tests start no process; move this test to test/system: ${calls.join(', ')}`);
}
