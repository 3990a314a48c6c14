import type { GateLimits } from '../../../../services/gate/contract/options.ts';
import type { GateUnderTest } from '../describe-gates.ts';
import { route, type TestGate } from '../test-gate.ts';
import { type Script, type ScriptedService, saying, startScripted } from './scripted-service.ts';

type ScriptOf = Parameters<typeof startScripted>[0];

/** One gate before one scripted service, for all tests of a `describe`. */
export interface SharedScripted {
  readonly port: number;
  /** Sets the script of each path until the test ends. */
  play(scriptOf: ScriptOf): void;
}

/** Starts both before the tests of the current `describe` and stops them after it. The route `/api` takes upgrades. */
export function shareScripted(
  { startTestGate }: Pick<GateUnderTest, 'startTestGate'>,
  limits: Partial<GateLimits> = {},
): SharedScripted {
  const nothing = (): Script => saying('');
  let scriptOf: ScriptOf = nothing;
  let started: { service: ScriptedService; gate: TestGate } | undefined;
  before(async () => {
    const service = await startScripted((path) => scriptOf(path));
    started = {
      service,
      gate: await startTestGate(service, { routes: [route(service, { upgrade: true })], limits }),
    };
  });
  beforeEach(() => {
    scriptOf = nothing;
  });
  after(async () => {
    await started?.gate[Symbol.asyncDispose]();
    await started?.service[Symbol.asyncDispose]();
  });
  return {
    get port() {
      if (started === undefined) throw new Error('the gate runs only while a test does');
      return started.gate.port;
    },
    play(script) {
      scriptOf = script;
    },
  };
}
