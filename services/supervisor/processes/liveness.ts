import type { Origin } from '../../runtime/http/internal-call.ts';
import { isSilent } from './probe.ts';

const EVERY_MS = 10_000;
const TIMEOUT_MS = 5_000;
const MISSES = 3;

/** Calls `onSilent` each time that a service has taken questions for long and answered none; gives what ends the watch. */
export function watchLiveness(
  origin: Origin,
  path: string,
  onSilent: (silentMs: number) => void,
): () => void {
  let misses = 0;
  const timer = setInterval(async () => {
    misses = (await isSilent(origin, path, TIMEOUT_MS)) ? misses + 1 : 0;
    if (misses >= MISSES) onSilent(misses * EVERY_MS);
  }, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
