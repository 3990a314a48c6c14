import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import type { ChaosOptions } from '../../chaos/options.ts';
import { holds, renderReport } from '../../chaos/report.ts';
import { runChaos } from '../../chaos/run.ts';
import { isScenario, scenarios } from '../../chaos/scenarios.ts';
import { isBounded } from '../../run/bounded.ts';

/** The variable SEED names another one; `make chaos` runs larger ones, with new seeds. */
const SEED = Number(process.env.SEED || 20_261_124);
const SMALL = { messages: 80, chats: 8, phoneMessages: 30, kills: 9 };
const SMALLER = { messages: 40, chats: 5, phoneMessages: 12, kills: 7 };

type Run = readonly [title: string, options: ChaosOptions];

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
    .filter((scenario) => scenario !== 'kills')
    .map((scenario) => further({ scenario, database: 'sqlite', seed: SEED, ...SMALLER })),
  // The server fills its own disk.
  further({ scenario: 'disk-full', database: 'postgres', seed: SEED, ...SMALLER }),
  further({ scenario: 'kills', database: 'sqlite', seed: SEED + 1, ...SMALLER }),
  further({ scenario: 'kills', database: 'postgres', seed: SEED + 1, ...SMALLER }),
];

describe(`kit under fire, seed ${SEED}`, () => {
  for (const [title, options] of isBounded ? ONE_FOR_EACH_DATABASE : [...ONE_FOR_EACH_DATABASE, ...FURTHER]) {
    it(title, async () => {
      const report = await runChaos(options);
      assert.ok(holds(report), `\n${renderReport(report)}`);
      rmSync(report.evidence, { recursive: true, force: true });
    });
  }
});

function further(options: ChaosOptions): Run {
  const { scenario, database, seed } = options;
  return [`loses, doubles and reorders nothing in ${scenario} on ${database}, seed ${seed}`, options];
}
