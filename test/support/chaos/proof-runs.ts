import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import type { ChaosOptions } from '../../chaos/options.ts';
import { holds, renderReport } from '../../chaos/report.ts';
import { runChaos } from '../../chaos/run.ts';

/** The variable SEED names another one; `make chaos` runs larger ones, with new seeds. */
export const SEED = Number(process.env.SEED || 20_261_124);
export const SMALLER = { messages: 40, chats: 5, phoneMessages: 12, kills: 7 };

/** A run as a test. */
export type Run = readonly [title: string, options: ChaosOptions];

export function furtherRun(options: Pick<ChaosOptions, 'scenario' | 'database' | 'seed'>): Run {
  const { scenario, database, seed } = options;
  return [
    `loses, doubles and reorders nothing in ${scenario} on ${database}, seed ${seed}`,
    { ...SMALLER, ...options },
  ];
}

/** Makes a test of each run. */
export function testRuns(runs: readonly Run[]): void {
  for (const [title, options] of runs) {
    it(title, async () => {
      const report = await runChaos(options);
      assert.ok(holds(report), `\n${renderReport(report)}`);
      rmSync(report.evidence, { recursive: true, force: true });
    });
  }
}
