import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import type { ChaosOptions } from '../../chaos/options.ts';
import { holds, renderReport } from '../../chaos/report.ts';
import { runChaos } from '../../chaos/run.ts';

/** Another one by the variable SEED; `make chaos` runs larger ones, with new seeds. */
const SEED = Number(process.env.SEED || 20_261_124);
const SMALL = { messages: 80, chats: 8, phoneMessages: 30, kills: 9 };
const SMALLER = { messages: 40, chats: 5, phoneMessages: 12, kills: 7 };

describe(`kit under fire, seed ${SEED}`, function () {
  this.timeout(240_000);

  const runs: [what: string, options: Omit<ChaosOptions, 'seed'>][] = [
    [
      'loses, doubles and reorders nothing while all its parts are killed',
      { scenario: 'kills', database: 'sqlite', ...SMALL },
    ],
    [
      'loses, doubles and reorders nothing on PostgreSQL, whose server is killed too',
      { scenario: 'kills', database: 'postgres', ...SMALLER },
    ],
  ];
  for (const [what, options] of runs) {
    it(what, async () => {
      const report = await runChaos({ ...options, seed: SEED });
      assert.ok(holds(report), `\n${renderReport(report)}`);
      rmSync(report.evidence, { recursive: true, force: true });
    });
  }
});
