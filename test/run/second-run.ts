import type { MochaResults } from './mocha.ts';
import type { FailedTest } from './results.ts';

/** More tests than this that fail first and pass alone fail the run. */
export const MAX_FLAKY = 3;

/**
 * Where a test that fails once has failed: tests of message safety (nothing lost, doubled, misordered or sent from
 * elsewhere) and of security. Parts of paths, below the folder of the tier.
 */
export const NO_SECOND_RUN: readonly { readonly path: string; readonly because: string }[] = [
  { path: 'api/outbox/', because: 'messages: lost, doubled, misordered' },
  { path: 'api/events/', because: 'events: lost, doubled, misordered' },
  { path: 'api/webhooks/', because: 'deliveries: lost, doubled, forged' },
  { path: 'api/store/', because: 'what is committed stays committed' },
  { path: 'api/outbound/', because: 'security: calls to private addresses' },
  { path: 'bridge/send', because: 'messages: lost, doubled, misordered' },
  { path: 'bridge/events/', because: 'events: lost, doubled, misordered' },
  { path: 'bridge/recovery', because: 'messages under a dying browser' },
  { path: 'chaos/', because: 'messages under fire' },
  { path: 'gate/hostile/', because: 'security: request smuggling' },
  { path: 'gate/reuse/', because: 'security: an answer that reaches another client' },
  { path: 'gate/admission/', because: 'security: what is let in' },
  { path: 'kit/keys', because: 'security: API keys' },
  { path: 'kit/reach', because: 'security: what is reachable from outside' },
  { path: 'kit/one-port', because: 'security: open ports' },
  { path: 'kit/messages/', because: 'messages: lost, doubled, misordered' },
  { path: 'kit/crashes', because: 'messages while processes are killed' },
];

export function mayRunAgain({ file }: FailedTest): boolean {
  return !NO_SECOND_RUN.some(({ path }) => file.replace(/^test\/[a-z]+\//, '').startsWith(path));
}

export interface SecondRuns {
  readonly flaky: readonly FailedTest[];
  readonly failed: readonly FailedTest[];
  /** Tests that passed: those that are flaky, and those that a failed hook had kept from running. */
  readonly passed: number;
}

/**
 * Runs each failed test once more by itself, one after the other. A failed hook keeps other tests from running, so its
 * whole file runs again.
 */
export async function runAgain(
  failed: readonly FailedTest[],
  run: (file: string, title: string | undefined) => Promise<MochaResults>,
): Promise<SecondRuns> {
  const flaky: FailedTest[] = [];
  const stillFailed = failed.filter((test) => !mayRunAgain(test));
  let passed = 0;
  for (const test of failed.filter(mayRunAgain)) {
    const again = await run(test.file, test.isHook ? undefined : test.title);
    if (again.isWhole && again.failed.length === 0 && again.passed > 0) {
      flaky.push(test);
      passed += 1;
    } else stillFailed.push(test);
  }
  return { flaky, failed: stillFailed, passed };
}
