import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Log } from '../../runtime/log.ts';
import { RUN_VARIABLE } from '../../runtime/process/run-marks.ts';

const SCRIPT = fileURLToPath(new URL('orphan-guard.sh', import.meta.url));

/** A guard that ends at once, whatever the reason, must not become a busy loop. */
const RESTART_MS = 1_000;

/** Ends the guard without it doing anything. */
export type StopGuard = () => void;

/**
 * Starts a small shell that outlives this process by a second and kills what is left of the run when this process is
 * killed outright. A shell, because it costs a megabyte where another Node costs forty.
 */
export function startOrphanGuard(run: string, log: Log): StopGuard {
  let isStopped = false;
  let stop: StopGuard = () => undefined;
  const start = () => {
    if (isStopped) return;
    // Its own environment: it must not carry the mark it kills by.
    const guard = spawn('/bin/sh', [SCRIPT, `${RUN_VARIABLE}=${run}`], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      env: { PATH: '/usr/bin:/bin' },
    });
    guard.unref();
    guard.stdin.on('error', () => undefined); // A guard that was killed is started again below.
    guard.on('error', (error) =>
      log.error({ err: error }, 'no guard could be posted: if this process is killed, its services stay'),
    );
    guard.on('exit', () => {
      if (!isStopped) setTimeout(start, RESTART_MS).unref();
    });
    stop = () => {
      guard.stdin.end('done\n');
    };
  };
  start();
  return () => {
    isStopped = true;
    stop();
  };
}
