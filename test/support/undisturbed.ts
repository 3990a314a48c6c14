import { PATIENCE_MS } from './until.ts';

const LOOK_EVERY_MS = 10;

/**
 * Runs an attempt in which this process must act within a limit of the product under test, such as an idle timeout. The
 * result counts when the process had a turn at least twice within each `limitMs`. A failure in which it had not is the
 * machine's: then the attempt runs again.
 */
export async function undisturbed<T>(limitMs: number, attempt: () => Promise<T>): Promise<T> {
  const sinceMs = performance.now();
  for (;;) {
    using turns = watchTurns();
    try {
      return await attempt();
    } catch (error) {
      if (turns.longestGapMs() <= limitMs / 2 || performance.now() > sinceMs + PATIENCE_MS) throw error;
    }
  }
}

/** The longest time that the event loop of this process was away. */
function watchTurns(): Disposable & { longestGapMs(): number } {
  let longestMs = 0;
  let lastMs = performance.now();
  const look = (): void => {
    const nowMs = performance.now();
    longestMs = Math.max(longestMs, nowMs - lastMs);
    lastMs = nowMs;
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  return {
    longestGapMs: () => {
      look();
      return longestMs;
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
