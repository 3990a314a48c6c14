import type { RequestListener } from 'node:http';
import type { GateUnderTest } from './describe-gates.ts';
import { echo, type Overrides, startUpstream, type TestGate, type Upstream } from './test-gate.ts';

/** An upstream must not close a connection that the next test uses. */
const KEEP_ALIVE_MS = 120_000;

/** One gate before one upstream, for all tests of a `describe`: to start nginx takes longer than most tests. */
export interface SharedGate {
  readonly port: number;
  readonly origin: string;
  readonly upstream: Upstream;
  /** Sets how the upstream answers until the test ends. Without it the upstream answers with `echo`. */
  answerWith(listener: RequestListener): void;
}

/** Starts a gate before the tests of the current `describe` and stops it after them. */
export function shareGate(
  gateUnderTest: Pick<GateUnderTest, 'startTestGate'>,
  overridesFor: (upstream: Upstream) => Overrides = () => ({}),
): SharedGate {
  let answer: RequestListener = echo;
  let started: { upstream: Upstream; gate: TestGate } | undefined;
  const running = () => {
    if (started === undefined) throw new Error('the gate runs only while a test does');
    return started;
  };
  before(async () => {
    const upstream = await startUpstream((request, response) => answer(request, response));
    upstream.server.keepAliveTimeout = KEEP_ALIVE_MS;
    started = { upstream, gate: await gateUnderTest.startTestGate(upstream, overridesFor(upstream)) };
  });
  beforeEach(() => {
    answer = echo;
  });
  after(async () => {
    await started?.gate[Symbol.asyncDispose]();
    await started?.upstream[Symbol.asyncDispose]();
  });
  return {
    get port() {
      return running().gate.port;
    },
    get origin() {
      return running().gate.origin;
    },
    get upstream() {
      return running().upstream;
    },
    answerWith(listener) {
      answer = listener;
    },
  };
}
