import assert from 'node:assert/strict';
import fc from 'fast-check';
import { EventMemory } from '../../../../services/bridge/events/event-memory.ts';
import type { BridgeEvent } from '../../../../services/contract/events.ts';

const A = '15550001111@c.us';
const B = '15550002222@c.us';
let count = 0;
const newEvent = (account?: string): BridgeEvent => {
  count += 1;
  const head = { session: 'test', key: `event-${count}`, at: '2026-09-01T00:00:00.000Z' };
  return { ...head, ...(account ? { account } : {}), kind: 'qr', data: { qr: 'x', generated_at: head.at } };
};
const shown = ({ kind, account, data }: BridgeEvent) =>
  kind === 'gap' ? `${data.lost} of ${account}` : `${account}`;

describe('bridge, events in memory while the disk takes none', () => {
  it('are dropped from the oldest on, and one gap takes the place of those of an account', () => {
    const memory = new EventMemory('test', 3);
    const lost = [A, A, A, B, B, B, B].map((account) => memory.add(newEvent(account)));
    assert.deepEqual(memory.hold(9).map(shown), [`3 of ${A}`, `3 of ${B}`, B]);
    assert.equal(
      lost.reduce((sum, one) => sum + one),
      6,
    );
  });

  it('keep one gap, with its key, while more of one account are dropped', () => {
    const memory = new EventMemory('test', 2);
    for (let round = 0; round < 4; round += 1) memory.add(newEvent(A));
    const [before] = memory.hold(1);
    memory.release(0);
    memory.add(newEvent(A));
    const [gap, newest] = memory.hold(9);
    assert.deepEqual([gap && shown(gap), newest && shown(newest)], [`4 of ${A}`, A]);
    assert.equal(gap?.key, before?.key);
  });

  it('are all counted, for their own account and in their order, whatever comes and is held', () => {
    const account = fc.constantFrom(A, B, undefined);
    fc.assert(
      fc.property(fc.array(account), fc.nat(4), fc.integer({ min: 1, max: 6 }), (accounts, held, most) => {
        const memory = new EventMemory('test', most);
        accounts.slice(0, held).forEach((one) => {
          memory.add(newEvent(one));
        });
        const onTheirWay = memory.hold(held);
        let lost = 0;
        accounts.slice(held).forEach((one) => {
          lost += memory.add(newEvent(one));
        });
        memory.release(0);
        const kept = memory.hold(Infinity);
        assert.deepEqual(kept.slice(0, onTheirWay.length), onTheirWay);
        const gaps = kept.flatMap((event) => (event.kind === 'gap' ? [event.data.lost ?? 0] : []));
        assert.equal(kept.length - gaps.length + gaps.reduce((sum, one) => sum + one, 0), accounts.length);
        // Those that were dropped before the hold are counted there.
        assert.ok(lost <= gaps.reduce((sum, one) => sum + one, 0));
        const runs = kept.flatMap((event) =>
          Array.from({ length: event.kind === 'gap' ? (event.data.lost ?? 0) : 1 }, () => event.account),
        );
        assert.deepEqual(runs, accounts);
      }),
    );
  });
});
