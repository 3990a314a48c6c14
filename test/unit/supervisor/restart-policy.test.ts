import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RestartPolicy } from '../../../services/supervisor/processes/restart-policy.ts';

const limits = { limit: 6, backoffMs: 250, backoffMaxMs: 30_000, stableMs: 5_000 };
const middle = () => 0.5;

describe('restart policy', () => {
  it('restarts at once the first time, then waits twice as long each time', () => {
    const policy = new RestartPolicy(limits);
    const waits = Array.from({ length: 5 }, () => policy.ended(10, true, middle));
    assert.deepEqual(
      waits,
      [0, 250, 500, 1000, 2000].map((restartInMs) => ({ restartInMs })),
    );
  });

  it('calls a crash loop what fails quickly as often as the limit says', () => {
    const policy = new RestartPolicy(limits);
    for (let count = 1; count < limits.limit; count += 1) assert.ok('restartInMs' in policy.ended(10, true));
    assert.deepEqual(policy.ended(10, true), { failed: true });
  });

  it('forgives after a run that lasted', () => {
    const policy = new RestartPolicy(limits);
    for (let count = 0; count < 4; count += 1) policy.ended(10, true);
    assert.deepEqual(policy.ended(limits.stableMs, true), { restartInMs: 0 });
  });

  it('spreads each wait by a fifth at most, and never waits longer than the longest', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 60 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (failures, random) => {
          const policy = new RestartPolicy({ ...limits, limit: 1_000 });
          for (let count = 1; count < failures; count += 1) policy.ended(10, true);
          const verdict = policy.ended(10, true, () => random);
          assert.ok('restartInMs' in verdict);
          const exact = Math.min(limits.backoffMaxMs, limits.backoffMs * 2 ** (failures - 2));
          assert.ok(
            verdict.restartInMs >= Math.floor(exact * 0.8) && verdict.restartInMs <= Math.ceil(exact * 1.2),
          );
        },
      ),
    );
  });

  it('does not take a long wait in vain for a run that lasted', () => {
    const policy = new RestartPolicy(limits);
    for (let count = 1; count < limits.limit; count += 1) policy.ended(60_000, false);
    assert.deepEqual(policy.ended(60_000, false), { failed: true });
  });
});
