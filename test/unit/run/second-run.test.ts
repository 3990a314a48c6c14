import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import type { FailedTest, PassedTest } from '../../run/results.ts';
import { NO_SECOND_RUN, runAgain } from '../../run/second-run.ts';

const failed = (file: string, title: string, isHook = false): FailedTest => ({
  kind: 'failed',
  file,
  title,
  isHook,
  failure: `${title} failed`,
});
const passed = (file: string, title: string): PassedTest => ({ kind: 'passed', file, title });

describe('second run of a failed test', () => {
  it('lists a test that passes by itself as flaky', async () => {
    const file = 'test/system/supervisor/health.test.ts';
    const one = failed(file, 'health answers');
    const asked: unknown[] = [];
    const runs = await runAgain({ passed: [], failed: [one] }, async (...args) => {
      asked.push(args);
      return {
        passed: [passed(file, one.title)],
        failed: [],
        files: [],
        isWhole: true,
        isInterrupted: false,
      };
    });
    assert.deepEqual(asked, [[file]]);
    assert.deepEqual(runs, {
      flaky: [one],
      failed: [],
      passed: [passed(file, one.title)],
      isInterrupted: false,
    });
  });

  it('keeps a test failed if a test of its file fails again, none runs, or mocha fails', async () => {
    const one = failed('test/system/cli/commands.test.ts', 'help');
    const outcomes = [
      { passed: [], failed: [one], files: [], isWhole: true, isInterrupted: false },
      { passed: [], failed: [], files: [], isWhole: true, isInterrupted: false },
      { passed: [passed(one.file, one.title)], failed: [], files: [], isWhole: false, isInterrupted: false },
    ];
    for (const outcome of outcomes) {
      const runs = await runAgain({ passed: [], failed: [one] }, async () => outcome);
      assert.deepEqual([runs.flaky, runs.failed], [[], [one]]);
    }
  });

  it('runs no other file once it is interrupted, and keeps their tests failed', async () => {
    const tests = ['one', 'two'].map((name) => failed(`test/system/cli/${name}.test.ts`, name));
    const asked: string[] = [];
    const runs = await runAgain({ passed: [], failed: tests }, async (file) => {
      asked.push(file);
      return { passed: [], failed: [], files: [], isWhole: false, isInterrupted: true };
    });
    assert.deepEqual(asked, ['test/system/cli/one.test.ts']);
    assert.deepEqual(runs, { flaky: [], failed: tests, passed: [], isInterrupted: true });
  });

  it('counts each test once when a failed hook had kept some from running', async () => {
    const file = 'test/system/cli/commands.test.ts';
    const hook = failed(file, '"before each" hook for "second"', true);
    const runs = await runAgain({ passed: [passed(file, 'first')], failed: [hook] }, async () => {
      return {
        passed: ['first', 'second', 'third'].map((name) => passed(file, name)),
        failed: [],
        files: [],
        isWhole: true,
        isInterrupted: false,
      };
    });
    assert.deepEqual(runs.flaky, [hook]);
    assert.deepEqual(
      runs.passed.map(({ title }) => title),
      ['second', 'third'],
    );
  });

  it('is refused to tests of message safety and of security', async () => {
    for (const { path } of NO_SECOND_RUN) {
      const one = failed(`test/system/${path}x.test.ts`, 'safety');
      const runs = await runAgain({ passed: [], failed: [one] }, () => assert.fail('it ran again'));
      assert.deepEqual(runs, { flaky: [], failed: [one], passed: [], isInterrupted: false });
    }
  });

  it('is refused by paths that name existing files', () => {
    const files = globSync('test/{system,proof,conformance}/**/*.test.ts').map((file) =>
      file.replace(/^test\/[a-z]+\//, ''),
    );
    assert.deepEqual(
      NO_SECOND_RUN.filter(({ path }) => !files.some((file) => file.startsWith(path))),
      [],
    );
  });
});
