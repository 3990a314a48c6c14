import assert from 'node:assert/strict';
import { judgeSkew, skewOf, skewOfWrite } from '../../../../operate/doctor/checks/network.ts';

describe('doctor, comparing clocks', () => {
  const NOON = Date.parse('2026-11-30T12:00:00Z');
  const answeredAt = (at: number, tookMs: number) =>
    skewOf({
      kind: 'answer',
      status: 200,
      headers: { date: 'Mon, 30 Nov 2026 12:00:00 GMT' },
      text: '',
      tookMs,
      at,
    });

  it('takes half of the way and half of a second off', () => {
    assert.equal(answeredAt(NOON + 500, 0), 0);
    assert.equal(answeredAt(NOON + 3_600_500, 0), 3_600_000);
    assert.equal(answeredAt(NOON + 3_600_500, 2_000), 3_599_000);
    assert.equal(answeredAt(NOON - 59_500, 0), -60_000);
  });

  it('says how many seconds, in which direction, and how grave it is', () => {
    const say = (skewMs: number) =>
      judgeSkew(skewMs, 'WhatsApp').map(({ severity, evidence }) => [severity, ...evidence]);
    assert.deepEqual(say(499), [['good', 'this clock is less than a second from that of WhatsApp']]);
    assert.deepEqual(say(4_999), [['good', 'this clock is 5 s ahead of that of WhatsApp']]);
    assert.deepEqual(say(-5_000), [['warning', 'this clock is 5 s behind that of WhatsApp']]);
    assert.deepEqual(say(3_600_000), [['error', 'this clock is 3600 s ahead of that of WhatsApp']]);
  });

  it('takes no slow disk for a clock that is wrong', () => {
    assert.equal(skewOfWrite(1_000, 31_000, 61_000), 0);
    assert.equal(skewOfWrite(10_000, 4_000, 61_000), 6_000);
    assert.equal(skewOfWrite(10_000, 70_000, 61_000), -9_000);
  });
});
