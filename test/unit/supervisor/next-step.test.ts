import assert from 'node:assert/strict';
import { NextSteps } from '../../../services/supervisor/processes/next-step.ts';
import type { RunEnd } from '../../../services/supervisor/processes/run-end.ts';

const limits = { limit: 3, backoffMs: 250, backoffMaxMs: 300_000, stableMs: 5_000 };
const crash: RunEnd = { how: 'exited with code 7', ranMs: 10 };
const noFork: RunEnd = { how: 'could not be started', ranMs: 0, trouble: 'EAGAIN' };
const noFiles: RunEnd = { ...noFork, trouble: 'EMFILE' };

describe('what follows the end of a run', () => {
  it('never is failure where the machine is in trouble: tried again without end, after 30 s at most', () => {
    const steps = new NextSteps('api', limits);
    const taken = Array.from({ length: 200 }, () => steps.after(noFork, false));
    assert.deepEqual([...new Set(taken.map(({ state }) => state))], ['restarting']);
    const waits = taken.map(({ startInMs }) => startInMs);
    assert.ok(waits.every((ms) => ms > 0 && ms <= 36_000));
    assert.ok(Math.min(...waits.slice(20)) >= 24_000);
  });

  it('says once what the machine lacks, by its errno, and again when that changes', () => {
    const steps = new NextSteps('api', limits);
    const said = [noFork, noFork, noFiles, noFiles, crash, noFork].map((end) => steps.after(end, false));
    assert.deepEqual(
      said.map(({ level }) => level),
      ['error', 'debug', 'error', 'debug', 'warn', 'error'],
    );
    assert.match(said[0]?.reason ?? '', /^trouble of the machine, .*processes or threads \(EAGAIN\)/);
    assert.match(said[2]?.reason ?? '', /\(EMFILE\)/);
    assert.match(said[0]?.text ?? '', /^api could not be started: trouble of the machine/);
    assert.equal(steps.forgetTrouble(), true);
    assert.equal(steps.forgetTrouble(), false);
  });

  it('counts no trouble of the machine towards a crash loop', () => {
    const steps = new NextSteps('api', limits);
    const states = [crash, noFork, noFork, crash, noFork, crash].map((end) => steps.after(end, false).state);
    assert.deepEqual(states, [...Array.from({ length: 5 }, () => 'restarting'), 'failed']);
  });

  it('is another look at what has failed: after a minute, then later and later, every quarter of an hour at last', () => {
    const steps = new NextSteps('api', limits);
    for (let count = 1; count < limits.limit; count += 1) steps.after(crash, false);
    const looks = Array.from({ length: 50 }, () => steps.after(crash, false));
    assert.deepEqual([...new Set(looks.map(({ state }) => state))], ['failed']);
    for (const [index, { startInMs }] of looks.entries()) {
      const exact = Math.min(15, 2 ** index) * 60_000;
      assert.ok(startInMs >= 0.8 * exact && startInMs <= 1.2 * exact, `look ${index}: ${startInMs} ms`);
    }
    assert.match(
      looks[0]?.reason ?? '',
      /^crash loop: it exited with code 7, 3 times in a row; .* after \d+ s/,
    );
  });

  it('forgives what has failed once a run has lasted', () => {
    const steps = new NextSteps('api', limits);
    for (let count = 0; count < 10; count += 1) steps.after(crash, false);
    const { state, startInMs } = steps.after({ ...crash, ranMs: limits.stableMs }, true);
    assert.deepEqual([state, startInMs], ['restarting', 0]);
  });

  it('is a start at once where it was asked to end', () => {
    const steps = new NextSteps('api', limits);
    steps.after(noFork, false);
    assert.equal(steps.afterRequest(crash).startInMs, 0);
    assert.equal(steps.trouble, undefined);
  });
});
