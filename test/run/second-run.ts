import type { MochaResults } from './mocha.ts';
import type { FailedTest, PassedTest, Results } from './results.ts';

/** More tests than this that fail first and pass alone fail the run. */
export const MAX_FLAKY = 3;

/**
 * Where a test that fails once has failed: tests of message safety (nothing lost, doubled, misordered or sent from
 * elsewhere) and of security. Parts of paths, below the folder of the tier.
 */
export const NO_SECOND_RUN: readonly { readonly path: string; readonly because: string }[] = [
  { path: 'api/', because: 'messages, events and deliveries: lost, doubled, misordered, forged' },
  { path: 'bridge/bridge', because: 'security: the secret of the boot; events: lost, misordered' },
  { path: 'bridge/events/', because: 'events: lost, doubled, misordered' },
  { path: 'bridge/page.test', because: 'messages: how the page sends, finds and refuses them' },
  { path: 'bridge/send/', because: 'messages: lost, doubled, misordered' },
  { path: 'bridge/session/recovery', because: 'messages while the browser dies' },
  { path: 'bridge/start', because: 'messages: the send under way when the bridge ends' },
  { path: 'chaos/', because: 'messages while everything is killed' },
  { path: 'docker/deploy', because: 'messages: lost or doubled while releases change places' },
  { path: 'gate/', because: 'security: the public port; requests: lost or sent twice' },
  { path: 'kit/crashes', because: 'messages while processes are killed' },
  { path: 'kit/gate-restart', because: 'messages and requests while the gate and the api restart' },
  { path: 'kit/hosts-of-their-own', because: 'messages without a bridge; security: no secret for a prober' },
  { path: 'kit/keyed-kit', because: 'security: API keys' },
  { path: 'kit/one-port', because: 'security: open ports' },
  {
    path: 'kit/open-kit',
    because: 'security: what is reachable from outside; messages: lost, doubled, misordered',
  },
  { path: 'kit/stopping', because: 'messages and requests while the kit stops' },
  { path: 'kit/take-over', because: 'messages: lost or doubled while two kits change places' },
  { path: 'nginx/', because: 'security: the public port' },
];

export function mayRunAgain({ file }: FailedTest): boolean {
  return !NO_SECOND_RUN.some(({ path }) => file.replace(/^test\/[a-z]+\//, '').startsWith(path));
}

export interface SecondRuns {
  readonly flaky: readonly FailedTest[];
  readonly failed: readonly FailedTest[];
  /** The tests that passed now: the flaky ones, and tests that a failed hook had kept from running. */
  readonly passed: readonly PassedTest[];
  /** Then tests that were not run again have failed. */
  readonly isInterrupted: boolean;
}

/**
 * Runs each file with a failed test once more by itself, one after the other. The whole file, because the tests of a
 * file share a kit, and each may go on where the one before has ended. Its failed tests are flaky if all tests pass.
 */
export async function runAgain(
  first: Pick<Results, 'passed' | 'failed'>,
  run: (file: string) => Promise<MochaResults>,
): Promise<SecondRuns> {
  const flaky: FailedTest[] = [];
  const failed = first.failed.filter((test) => !mayRunAgain(test));
  const passed: PassedTest[] = [];
  let isInterrupted = false;
  const known = new Set(first.passed.map(keyOf));
  for (const [file, tests] of Map.groupBy(first.failed.filter(mayRunAgain), (test) => test.file)) {
    const again: MochaResults | undefined = isInterrupted ? undefined : await run(file);
    isInterrupted ||= again?.isInterrupted === true;
    const isGreen = again?.isWhole === true && again.failed.length === 0 && again.passed.length > 0;
    (isGreen ? flaky : failed).push(...tests);
    // Those that failed before, and those that a failed hook had kept from running.
    if (isGreen) passed.push(...again.passed.filter((test) => !known.has(keyOf(test))));
  }
  return { flaky, failed, passed, isInterrupted };
}

function keyOf({ file, title }: PassedTest): string {
  return `${file} ${title}`;
}
