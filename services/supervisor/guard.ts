import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Log } from '../runtime/log.ts';
import { RUN_VARIABLE } from './instance-lock.ts';

const SCRIPT = fileURLToPath(new URL('guard.sh', import.meta.url));

/** A guard that ends at once, whatever the reason, must not become a busy loop. */
const REPOST_MS = 1_000;

/** Ends the guard without it doing anything. */
export type Dismiss = () => void;

/**
 * Starts a small shell that outlives this process by a second and kills what is left of the run when this process is
 * killed outright. A shell, because it costs a megabyte where another Node costs forty.
 */
export function postGuard(run: string, log: Log): Dismiss {
  let dismissed = false;
  let dismiss: Dismiss = () => undefined;
  const post = () => {
    if (dismissed) return;
    // Its own environment: it must not carry the mark it kills by.
    const guard = spawn('/bin/sh', [SCRIPT, `${RUN_VARIABLE}=${run}`], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      env: { PATH: '/usr/bin:/bin' },
    });
    guard.unref();
    guard.stdin.on('error', () => undefined); // A guard that was killed is posted again below.
    guard.on('error', (error) =>
      log.error({ err: error }, 'no guard could be posted: if this process is killed, its services stay'),
    );
    guard.on('exit', () => {
      if (!dismissed) setTimeout(post, REPOST_MS).unref();
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
