import { harderPages } from '../../chaos/scenarios/harder-pages.ts';
import { isScenario } from '../../chaos/scenarios.ts';
import { furtherRun, SEED, testRuns } from '../../support/chaos/proof-runs.ts';

/** A run in which sends wait for a minute after each connection takes about seven. */
const MOST_MS = 1_200_000;

describe(`kit under fire on a harder page, seed ${SEED}`, function () {
  this.timeout(MOST_MS);
  const harder = Object.keys(harderPages).filter(isScenario);
  testRuns(harder.map((scenario) => furtherRun({ scenario, database: 'sqlite', seed: SEED })));
});
