import type { ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';

/** What must be killed when this process exits. */
const kills = new Set<() => unknown>();

process.once('exit', () => {
  for (const kill of kills) kill();
});

/**
 * Kills `child` when this process exits, also if a hook or a test failed before it could end it. Until then `child` and
 * its pipes do not keep this process alive. `kill` must not wait: an `exit` handler cannot. Returns a function that
 * forgets a `child` that was ended.
 */
export function endWithTests(
  child: ChildProcess,
  kill: () => unknown = () => child.kill('SIGKILL'),
): () => void {
  kills.add(kill);
  child.unref();
  for (const pipe of child.stdio) if (pipe instanceof Socket) pipe.unref();
  return () => kills.delete(kill);
}
