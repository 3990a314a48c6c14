import assert from 'node:assert/strict';
import { ClockTrust } from '../../../../services/api/store/retention/clock-trust.ts';

const HOUR_MS = 3_600_000;

describe('trust in the clock', () => {
  const start = () => {
    const time = { now: Date.UTC(2030, 0, 1), steady: 0 };
    const trust = new ClockTrust(
      () => time.now,
      () => time.steady,
    );
    /** Lets time pass, by the clock and by the one that never jumps. */
    const look = (nowHours: number, steadyHours = nowHours) => {
      time.now += nowHours * HOUR_MS;
      time.steady += steadyHours * HOUR_MS;
      return trust.look();
    };
    return look;
  };

  it('stays while it goes on, and over a jump of an hour either way', () => {
    const look = start();
    assert.deepEqual([look(1), look(100), look(1, 2), look(2, 1)], ['good', 'good', 'good', 'good']);
  });

  it('is gone for a day after a jump of years, either way, and says so once', () => {
    for (const jump of [100_000, -100_000]) {
      const look = start();
      assert.deepEqual(
        [look(1 + jump, 1), look(1), look(22), look(1.5)],
        ['jumped', 'doubted', 'doubted', 'good'],
      );
    }
  });

  it('is gone for a day more when the clock is set right again', () => {
    const look = start();
    assert.deepEqual(
      [look(100_000, 1), look(-100_000, 1), look(23), look(2)],
      ['jumped', 'jumped', 'doubted', 'good'],
    );
  });
});
