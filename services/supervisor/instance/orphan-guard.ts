import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Log } from '../../runtime/log.ts';
import { RUN_VARIABLE } from '../../runtime/process/run-marks.ts';

const SCRIPT = fileURLToPath(new URL('orphan-guard.sh', import.meta.url));

/** A guard that ends at once, whatever the reason, must not become a busy loop. */
const RESTART_MS = 1_000;

/** Ends the guard without it doing anything. */
export type StopGuard = () => void;

/** Starts the guard's process; throws, or emits `error`, where the machine lets none begin. */
export type SpawnGuard = (mark: string) => ChildProcess;

/**
 * Starts a small shell that outlives this process by a second and kills what is left of the run when this process is
 * killed outright. A shell, because it costs a megabyte where another Node costs forty. A guard that ends, or cannot be
 * started, is started again.
 */
export function startOrphanGuard(run: string, log: Log, spawnGuard: SpawnGuard = spawnShell): StopGuard {
  let isStopped = false;
  let isMissing = false;
  let stop: StopGuard = () => undefined;
  const retry = () => {
    if (!isStopped) setTimeout(start, RESTART_MS).unref();
  };
  const onError = (error: unknown) => {
    if (!isMissing)
      log.error(
        { err: error },
        'no guard could be posted: if this process is killed, its services stay; trying again',
      );
    isMissing = true;
    retry();
  };
  const start = () => {
    if (isStopped) return;
    try {
      stop = watch(spawnGuard(`${RUN_VARIABLE}=${run}`));
    } catch (error) {
      onError(error);
    }
  };
  const watch = (guard: ChildProcess): StopGuard => {
    guard.unref();
    guard.on('error', onError);
    guard.on('exit', retry);
    guard.on('spawn', () => {
      if (isMissing) log.info('the guard is posted');
      isMissing = false;
    });
    // Absent where Node gave up before it made the pipe: EMFILE.
    const { stdin } = guard;
    stdin?.on('error', () => undefined); // A guard that was killed is started again.
    return () => {
      stdin?.end('done\n');
    };
  };
  start();
  return () => {
    isStopped = true;
    stop();
  };
}

function spawnShell(mark: string): ChildProcess {
  // Its own environment: it must not carry the mark it kills by.
  return spawn('/bin/sh', [SCRIPT, mark], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { PATH: '/usr/bin:/bin' },
  });
}
