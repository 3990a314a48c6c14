import assert from 'node:assert/strict';
import { renderReport, renderTier, type TierRun } from '../../run/report.ts';
import { TIERS } from '../../run/tiers.ts';

const test = (title: string) => ({ file: 'test/system/x.test.ts', title });
const failed = (title: string) =>
  ({ ...test(title), kind: 'failed', isHook: false, failure: `${title}: 1 == 2\n  at x.ts:1` }) as const;
const run = (changes: Partial<TierRun>): TierRun => ({
  tier: TIERS.system,
  passed: [{ ...test('one'), kind: 'passed' }],
  failed: [],
  flaky: [],
  files: [],
  wallMs: 1_234,
  cpuMs: 60_000,
  isWhole: true,
  isInterrupted: false,
  ...changes,
});

describe('report of a test run', () => {
  it('says the time of a tier beside its budget, and fails nothing by it', () => {
    assert.match(
      renderTier(run({})),
      /^\nsystem: 1\.2 s of 450 s, 1\.0 processor-minutes, 1 passed, 0 failed\n$/,
    );
    const slow = run({ wallMs: 500_000 });
    assert.match(renderTier(slow), /500\.0 s of 450 s \(OVER BUDGET\)/);
    assert.ok(renderReport([slow]).isGreen);
  });

  it('ends with the count of mocha and one plain line', () => {
    const { text, isGreen } = renderReport([run({}), run({ failed: [failed('two')] })]);
    assert.match(text, /failed: two\n {2}test\/system\/x\.test\.ts\n {4}two: 1 == 2\n {4} {2}at x\.ts:1/);
    assert.match(text, /\n {2}2 passing \(2s\)\n {2}1 failing\n\n2 passed, 1 failed\n$/);
    assert.equal(isGreen, false);
  });

  it('lists the ten slowest files, the slowest first', () => {
    const files = Array.from({ length: 12 }, (_, n) => ({
      kind: 'file' as const,
      file: `file-${n}`,
      wallMs: n * 1_000,
      cpuMs: 500,
    }));
    const { text } = renderReport([run({ files })]);
    const listed = [...text.matchAll(/file-(\d+)/g)].map(([, n]) => Number(n));
    assert.deepEqual(listed, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
  });

  it('lists flaky tests with their first failure, and is red with more than three', () => {
    const flaky = ['a', 'b', 'c', 'd'].map(failed);
    const three = renderReport([run({ flaky: flaky.slice(0, 3) })]);
    assert.match(three.text, /flaky: a\n.*\n {4}a: 1 == 2/);
    assert.equal(three.isGreen, true);
    const four = renderReport([run({ flaky })]);
    assert.match(four.text, /4 tests are flaky; at most 3 may be/);
    assert.equal(four.isGreen, false);
  });

  it('is red when mocha did not end by itself, and when no test ran', () => {
    assert.equal(renderReport([run({ isWhole: false })]).isGreen, false);
    assert.equal(renderReport([run({ passed: [] })]).isGreen, false);
  });
});
