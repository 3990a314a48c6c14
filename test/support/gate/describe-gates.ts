import type { Difference } from '../../../services/gate/contract/gate-differences.ts';
import { GATES, type GateKind, gatesUnderTest } from './gates.ts';
import { type Overrides, startTestGate, type TestGate } from './test-gate.ts';

/** One gate, as a test of the contract sees it. */
export interface GateUnderTest {
  readonly name: GateKind['name'];
  /** A gate with a route `/api` to the upstream, unless told otherwise. */
  startTestGate(
    upstream: { host: string; port: number },
    overrides?: Overrides,
    writeLines?: (lines: string) => void,
  ): Promise<TestGate>;
  /** What to expect where the two gates differ, as `services/gate/contract/gate-differences.ts` states and the README shows. */
  differs<T>(difference: Difference, expected: Readonly<Record<GateKind['name'], T>>): T;
}

/** The contract of the gate: each test in it is run on each implementation, over raw sockets where a client would tidy up. */
export function describeGates(
  title: string,
  test: (gate: GateUnderTest) => void,
  kinds: readonly GateKind[] = gatesUnderTest,
): void {
  for (const kind of kinds)
    describe(`${title} (${kind.name})`, () => {
      test({
        name: kind.name,
        startTestGate: (upstream, overrides, writeLines) =>
          startTestGate(upstream, overrides, (options) => kind.start(options, writeLines)),
        differs: (_difference, expected) => expected[kind.name],
      });
    });
}

/** The same on every gate, for a file outside `test/conformance`: no other tier runs it on the other gate. */
export function describeAllGates(title: string, test: (gate: GateUnderTest) => void): void {
  describeGates(title, test, GATES);
}
