import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { RUN_VARIABLE } from './instance-lock.ts';

const SCRIPT = fileURLToPath(new URL('guard.sh', import.meta.url));

/** Ends the guard without it doing anything. */
export type Dismiss = () => void;

/**
 * Starts a small shell that outlives this process by a second and kills what is left of the run when this process is
 * killed outright. A shell, because it costs a megabyte where another Node costs forty.
 */
export function postGuard(run: string): Dismiss {
  let dismissed = false;
  let dismiss: Dismiss = () => undefined;
  const post = () => {
    // Its own environment: it must not carry the mark it kills by.
    const guard = spawn('/bin/sh', [SCRIPT, `${RUN_VARIABLE}=${run}`], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      env: { PATH: '/usr/bin:/bin' },
    });
    guard.unref();
    guard.stdin.on('error', () => undefined); // A guard that was killed is posted again below.
    guard.on('exit', () => {
      if (!dismissed) post();
    });
    dismiss = () => {
      guard.stdin.end('done\n');
    };
  };
  post();
  return () => {
    dismissed = true;
    dismiss();
  };
}
