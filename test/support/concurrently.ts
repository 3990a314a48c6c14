/**
 * Declares tests that mostly wait and share nothing: all start with the first of them, and each reports its own result.
 * They run after the `before` hooks, and no `beforeEach` may reset what they use.
 */
export function concurrently(tests: Readonly<Record<string, () => Promise<void>>>): void {
  let running: ReadonlyMap<string, Promise<void>> | undefined;
  const startAll = () => new Map(Object.entries(tests).map(([title, run]) => [title, start(run)]));
  for (const title of Object.keys(tests))
    it(title, () => {
      running ??= startAll();
      return running.get(title);
    });
}

function start(run: () => Promise<void>): Promise<void> {
  const result = run();
  // The test that awaits the result may start later. Until then, a failure must not count as unhandled.
  result.catch(() => undefined);
  return result;
}
