import { globSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fastFolder } from '../support/fast-folder.ts';
import { importsIn } from './imports.ts';

export type TierName = 'unit' | 'system' | 'proof' | 'bounded';

export interface Tier {
  readonly name: TierName;
  /** What CONTRIBUTING.md promises of this tier on two cores. Printed beside the time it took; nothing fails by it. */
  readonly budgetS: number;
  /** Test files that run at the same time: more than there are processors, because tests wait. */
  readonly jobs: number;
  /** What one test may take unless it says otherwise. Far more than it needs: a busy machine fails no test. */
  readonly timeoutMs: number;
  /** A failed test of these tiers gets a second run by itself (`second-run.ts`). */
  readonly mayRunTwice: boolean;
  /** Variables of its processes. */
  readonly env: Readonly<Record<string, string>>;
}

const CORES = availableParallelism();
/** About a third of the modules that the tests load. */
const CACHED_MODULES = 500;

export const TIERS: Readonly<Record<TierName, Tier>> = {
  unit: {
    name: 'unit',
    budgetS: 30,
    jobs: 2 * CORES,
    timeoutMs: 150_000,
    mayRunTwice: false,
    env: {
      TEST_TIER: 'unit',
      // Its folders are small, and gone with the test: no unit test waits for a disk.
      TMPDIR: fastFolder(),
      // Four workers that fill an empty cache need 5 s more than without one. The system tier fills it.
      ...(hasCompileCache() ? {} : { NODE_DISABLE_COMPILE_CACHE: '1' }),
    },
  },
  system: {
    name: 'system',
    budgetS: 450,
    jobs: CORES + 2,
    timeoutMs: 300_000,
    mayRunTwice: true,
    env: { TEST_TIER: 'system' },
  },
  proof: {
    name: 'proof',
    budgetS: 3_000,
    jobs: 2,
    timeoutMs: 600_000,
    mayRunTwice: true,
    env: { TEST_TIER: 'proof' },
  },
  /** The part of `proof` that `.ci/run` runs. */
  bounded: {
    name: 'bounded',
    budgetS: 225,
    jobs: 2,
    timeoutMs: 600_000,
    mayRunTwice: true,
    env: { TEST_TIER: 'proof', PROOF: 'bounded' },
  },
};

/** One deploy on a Docker engine, one chaos seed per database, 2,000 hostile requests at each gate, one open port, one page. */
const BOUNDED_FILES: readonly string[] = [
  'test/proof/bridge/page-matrix.test.ts',
  'test/proof/chaos/chaos.test.ts',
  'test/proof/docker/deploy.test.ts',
  'test/proof/gate/hostile/hostile.test.ts',
  'test/proof/kit/one-port.test.ts',
];

/** The files of a tier as paths from the root, sorted. Conformance suites run in two tiers: see `test/support/implementations.ts`. */
export function filesOf(tier: TierName): string[] {
  if (tier === 'bounded') return [...BOUNDED_FILES];
  const own = globSync(`test/${tier}/**/*.test.ts`);
  const shared = tier === 'proof' ? [] : globSync('test/conformance/**/*.test.ts');
  return [...own, ...shared].sort();
}

/**
 * Returns the files that a path names, directly or by a suite (`*.suite.ts`) that they import. Each part of the path is
 * the start of a part of the file's path, in the same order: `gate/hold` names
 * `test/conformance/gate/forward/hold.test.ts`.
 */
export function filesNamedBy(files: readonly string[], path: string): string[] {
  const suites = globSync('test/**/*.suite.ts').filter((suite) => isNamedBy(suite, path));
  const isImporter = (file: string): boolean =>
    suites.length > 0 &&
    importsIn(file, readFileSync(file, 'utf8')).some((target) => suites.includes(target));
  return files.filter((file) => isNamedBy(file, path) || isImporter(file));
}

/** Whether the compile cache holds more than this program, which opened it. */
function hasCompileCache(): boolean {
  try {
    return readdirSync(process.env.NODE_COMPILE_CACHE ?? '', { recursive: true }).length > CACHED_MODULES;
  } catch {
    return false;
  }
}

function isNamedBy(file: string, path: string): boolean {
  const parts = file.split('/');
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .every((wanted) => {
      const at = parts.findIndex((part) => part.startsWith(wanted));
      if (at >= 0) parts.splice(0, at + 1);
      return at >= 0;
    });
}
