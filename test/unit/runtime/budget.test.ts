import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Budget, type Lease, pressures } from '../../../services/runtime/budget.ts';

describe('a budget', () => {
  const start = (options: { total: number; share: number }) => {
    const lines: string[] = [];
    let nowMs = 0;
    const budget = new Budget({
      resource: 'places',
      setting: 'PLACES',
      ...options,
      log: { warn: (_facts: object, line?: string) => void lines.push(line ?? '') },
      now: () => nowMs,
    });
    const pass = (ms: number) => {
      nowMs += ms;
    };
    return { budget, lines, pass };
  };

  it('gives one holder its share and no more', () => {
    const { budget } = start({ total: 100, share: 10 });
    assert.ok(budget.take('a', 10));
    assert.equal(budget.take('a', 1), undefined);
    assert.ok(budget.take('b', 10));
  });

  it('keeps the last quarter for holders that have nothing yet', () => {
    const { budget } = start({ total: 100, share: 100 });
    assert.ok(budget.take('greedy', 75));
    assert.equal(budget.take('greedy', 1), undefined);
    assert.ok(budget.take('other', 20));
    assert.equal(budget.take('third', 6), undefined);
  });

  it('says when it is near its limit, how much it has refused in the last minute, and which setting to raise', () => {
    const { budget, lines, pass } = start({ total: 10, share: 8 });
    const lease = budget.take('a', 7);
    assert.deepEqual(pressures([budget]), []);
    budget.take('a', 2);
    budget.take('a', 2);
    assert.deepEqual(pressures([budget]), [{ resource: 'places', used: 7, limit: 10, refused: 2 }]);
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /refused; 7 of its share of 8, 7 of 10 .* raise PLACES/);
    pass(61_000);
    assert.deepEqual(pressures([budget]), []);
    lease?.release();
  });

  it('never gives more than its total or a share, and has all back in the end', () => {
    const step = fc.record({
      holder: fc.constantFrom('a', 'b', 'c'),
      amount: fc.integer({ min: 1, max: 40 }),
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(step, fc.boolean())), (steps) => {
        const { budget } = start({ total: 100, share: 60 });
        const leases: Lease[] = [];
        for (const [{ holder, amount }, gives] of steps) {
          if (gives) leases.pop()?.release();
          const lease = budget.take(holder, amount);
          if (lease !== undefined) leases.push(lease);
          const held = ['a', 'b', 'c'].map((each) => budget.heldBy(each));
          assert.ok(Math.max(...held) <= 60 && held.reduce((sum, each) => sum + each) <= 100);
        }
        for (const lease of [...leases, ...leases]) lease.release();
        assert.ok(budget.take('a', 60));
      }),
    );
  });
});
