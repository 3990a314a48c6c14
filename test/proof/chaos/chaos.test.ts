import { isHarder } from '../../chaos/scenarios/harder-pages.ts';
import { isScenario, scenarios } from '../../chaos/scenarios.ts';
import { isBounded } from '../../run/bounded.ts';
import { furtherRun, type Run, SEED, SMALLER, testRuns } from '../../support/chaos/proof-runs.ts';

const SMALL = { messages: 80, chats: 8, phoneMessages: 30, kills: 9 };
/** Five seeds of kills on SQLite, with the one of each database. */
const FURTHER_SEEDS = [1, 2, 3, 4];

const ONE_FOR_EACH_DATABASE: readonly Run[] = [
  [
    'loses, doubles and reorders nothing while all its parts are killed',
    { scenario: 'kills', database: 'sqlite', seed: SEED, ...SMALL },
  ],
  [
    'loses, doubles and reorders nothing on PostgreSQL, whose server is killed too',
    { scenario: 'kills', database: 'postgres', seed: SEED, ...SMALLER },
  ],
];

const FURTHER: readonly Run[] = [
  ...Object.keys(scenarios)
    .filter(isScenario)
    .filter((scenario) => scenario !== 'kills' && !isHarder(scenario))
    .map((scenario) => furtherRun({ scenario, database: 'sqlite', seed: SEED })),
  // The server fills its own disk.
  furtherRun({ scenario: 'disk-full', database: 'postgres', seed: SEED }),
  ...FURTHER_SEEDS.map((more) => furtherRun({ scenario: 'kills', database: 'sqlite', seed: SEED + more })),
  furtherRun({ scenario: 'kills', database: 'postgres', seed: SEED + 1 }),
];

describe(`kit under fire, seed ${SEED}`, () => {
  testRuns(isBounded ? ONE_FOR_EACH_DATABASE : [...ONE_FOR_EACH_DATABASE, ...FURTHER]);
});
