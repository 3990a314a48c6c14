import assert from 'node:assert/strict';
import { EventHub, type SequencedEvent } from '../../services/api/event-hub.ts';
import type { BridgeEvent } from '../../services/contract/events.ts';

const call = (key: string): BridgeEvent => ({
  session: 'default',
  key,
  at: '2026-01-01T00:00:00.000Z',
  kind: 'call',
  data: { call_id: key, from: 'x', is_video: false, is_group: false },
});

function reader() {
  const taken: SequencedEvent[] = [];
  let ended = false;
  return {
    taken,
    hasEnded: () => ended,
    take: (event: SequencedEvent) => void taken.push(event),
    end: () => {
      ended = true;
    },
  };
}

describe('event hub', () => {
  it('gives every event once and in order, however often the bridge repeats itself', () => {
    const hub = new EventHub();
    const one = reader();
    hub.subscribe(one);
    hub.add([call('a'), call('b')]);
    hub.add([call('b'), call('c'), call('a')]);
    assert.deepEqual(
      one.taken.map(({ seq }) => seq),
      [1, 2, 3],
    );
  });

  it('goes on behind the event that a reader names', () => {
    const hub = new EventHub();
    hub.add([call('a'), call('b'), call('c')]);
    const late = reader();
    hub.subscribe(late, 1);
    hub.add([call('d')]);
    assert.deepEqual(
      late.taken.map(({ seq }) => seq),
      [2, 3, 4],
    );
  });

  it('gives all it has to a reader that knows a number from before a restart', () => {
    const hub = new EventHub();
    hub.add([call('a')]);
    const late = reader();
    hub.subscribe(late, 99);
    assert.equal(late.taken.length, 1);
  });

  it('gives nothing more to a reader that has left, and ends the others when it closes', () => {
    const hub = new EventHub();
    const gone = reader();
    const there = reader();
    hub.subscribe(gone)();
    hub.subscribe(there);
    hub.add([call('a')]);
    hub.close();
    assert.equal(gone.taken.length, 0);
    assert.ok(there.hasEnded());
  });

  it('forgets the oldest rather than grow for ever', () => {
    const hub = new EventHub();
    for (let count = 0; count < 25_000; count += 1) hub.add([call(String(count))]);
    const late = reader();
    hub.subscribe(late, 0);
    assert.ok(late.taken.length >= 10_000 && late.taken.length < 20_000);
    assert.equal(late.taken.at(-1)?.seq, 25_000);
  });
});
