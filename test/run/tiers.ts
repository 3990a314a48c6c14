import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';

export type TierName = 'unit' | 'system' | 'proof';

export interface Tier {
  readonly name: TierName;
  /** What CONTRIBUTING.md promises of this tier on two cores. Printed beside the time it took; nothing fails by it. */
  readonly budgetS: number;
  /** Test files that run at the same time. System tests wait more than they compute. */
  readonly jobs: number;
  /** A failed test of these tiers gets a second run by itself (`second-run.ts`). */
  readonly mayRunTwice: boolean;
}

const CORES = availableParallelism();

export const TIERS: Readonly<Record<TierName, Tier>> = {
  unit: { name: 'unit', budgetS: 30, jobs: Math.max(2, CORES), mayRunTwice: false },
  system: { name: 'system', budgetS: 450, jobs: CORES + 1, mayRunTwice: true },
  proof: { name: 'proof', budgetS: 1_800, jobs: 2, mayRunTwice: true },
};

/** The promises that two implementations keep. Unit tests them on the first of each pair, system on the second. */
export const CONFORMANCE = 'test/conformance/';

/** The files of a tier as paths from the root, sorted. */
export function filesOf(tier: TierName): string[] {
  const own = globSync(`test/${tier}/**/*.test.ts`);
  const shared = tier === 'proof' ? [] : globSync(`${CONFORMANCE}**/*.test.ts`);
  return [...own, ...shared].sort();
}

/** Whether `path`, such as `gate/hold` or `test/unit/gate`, names this file. A part of a path from the tier's folder is enough. */
export function isNamedBy(file: string, path: string): boolean {
  const wanted = path.replace(/^\.?\//, '');
  return (
    file.startsWith(wanted) ||
    `/${file.replace(/^test\/[a-z]+\//, '')}`.includes(`/${wanted.replace(/^test\//, '')}`)
  );
}
