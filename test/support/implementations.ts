const { TEST_TIER } = process.env;
const isInProcessTested = TEST_TIER !== 'system';

/** For tests that concern only nginx or only PostgreSQL. */
export const isOtherProcessTested = TEST_TIER !== 'unit';

/**
 * Chooses between the two implementations of one contract, for the tests of `test/conformance`. The unit tier tests the
 * one that runs in this process (the gate in TypeScript, SQLite), the system tier the one that needs another process
 * (nginx, PostgreSQL). A file that is run by itself tests both.
 */
export function implementationsUnderTest<T>(inProcess: T, otherProcess: T): readonly T[] {
  return [...(isInProcessTested ? [inProcess] : []), ...(isOtherProcessTested ? [otherProcess] : [])];
}
