// `make faults [ONLY=text]`: applies one fault at a time to a copy of the sources, and shows that its tests fail.
import { type Fault, tierOf } from './fault.ts';
import { faults } from './faults.ts';
import { runTest } from './run-test.ts';
import { Tree } from './tree.ts';

/** Copies of the tree that are tested at the same time. */
const TREES = 2;

const only = process.argv[2] ?? '';
const chosen = faults.filter(({ name, file }) => `${file} ${name}`.includes(only));
const waiting = chosen.entries();
let caught = 0;
let byUnitTests = 0;

await Promise.all(Array.from({ length: TREES }, testFaults));
console.log(`${caught} of ${chosen.length} faults caught, ${byUnitTests} of them by unit tests`);
if (caught < chosen.length || chosen.length === 0) process.exitCode = 1;

async function testFaults(): Promise<void> {
  using tree = new Tree();
  for (const [index, fault] of waiting) {
    const problem = await problemWith(fault, tree);
    console.log(
      `${index + 1}/${chosen.length} ${problem === undefined ? 'caught' : 'MISSED'}: ${fault.name} (${fault.kind}, ${fault.file})`,
    );
    if (problem !== undefined) {
      console.log(`  ${problem}`);
      continue;
    }
    caught += 1;
    if (fault.tests.every((test) => tierOf(test) === 'unit')) byUnitTests += 1;
  }
}

/** Why a fault does not count as caught; undefined when each of its tests passes without it and fails with it. */
async function problemWith(fault: Fault, tree: Tree): Promise<string | undefined> {
  if (fault.tests.length === 0) return 'the fault names no test';
  for (const test of fault.tests) {
    const { passed, failed } = await runTest(tree.root, test);
    if (passed !== 1 || failed !== 0)
      return `without the fault, ${passed} tests passed and ${failed} failed instead of one passing: ${test.file} "${test.title}"`;
  }
  try {
    using _applied = tree.apply(fault);
    for (const test of fault.tests) {
      const { failed } = await runTest(tree.root, test);
      if (failed === 0) return `with the fault, this test did not fail: ${test.file} "${test.title}"`;
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return undefined;
}
