import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type EventFilter, fits, LogEvent } from '../../../../services/api/events/log-event.ts';
import { RecentEvents } from '../../../../services/api/events/recent-events.ts';

const TYPES = ['call', 'ack', 'state'];

const newEvent = (seq: number, type: string, characters: number) =>
  new LogEvent({
    seq,
    type,
    session: seq % 2 === 0 ? 'even' : 'odd',
    account: null,
    whatsapp_id: null,
    at: '',
    data: JSON.stringify('x'.repeat(characters)),
  });

describe('tail of the event log', () => {
  it('gives, page by page, all behind a number and nothing else, or says that it does not have it', () => {
    const step = fc.record({
      gaps: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 400 }),
      characters: fc.constantFrom(0, 100, 20_000),
      after: fc.integer({ min: 0, max: 3_000 }),
      types: fc.option(fc.subarray(TYPES, { minLength: 1 }), { nil: undefined }),
      session: fc.constantFrom(undefined, 'even', 'nobody'),
      limit: fc.integer({ min: 1, max: 300 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const tail = new RecentEvents(7);
        const all: LogEvent[] = [];
        for (const { gaps, characters, after, types, session, limit } of steps) {
          const fresh: LogEvent[] = [];
          for (const gap of gaps) {
            const seq = (fresh.at(-1)?.seq ?? tail.last) + gap;
            fresh.push(newEvent(seq, TYPES[seq % 3] ?? '', characters));
          }
          tail.add(fresh, fresh.at(-1)?.seq ?? tail.last);
          all.push(...fresh);
          check(tail, all, after, { types, session }, limit);
          check(tail, all, tail.last, { types, session }, limit);
          check(tail, all, Math.max(7, tail.last - 20), { types, session }, limit);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('keeps the newest when there is much, in number and in size', () => {
    for (const [count, characters] of [
      [10_000, 10],
      [200, 100_000],
    ] as const) {
      const tail = new RecentEvents(0);
      for (let seq = 1; seq <= count; seq += 1) tail.add([newEvent(seq, 'call', characters)], seq);
      const limits = { events: 100_000, bytes: Number.MAX_SAFE_INTEGER };
      const everything = { types: undefined, session: undefined };
      assert.equal(tail.page(0, everything, limits), undefined);
      let floor = count;
      while (tail.page(floor - 1, everything, limits) !== undefined) floor -= 1;
      const held = tail.page(floor, everything, limits)?.events ?? [];
      assert.ok(held.length <= 2_000 && held.length >= 1);
      assert.ok(held.reduce((sum, { json }) => sum + json.length, 0) <= 4.2 * 1024 ** 2);
    }
  });

  it('gives readers that ask the same the same page', () => {
    const tail = new RecentEvents(0);
    tail.add([newEvent(1, 'call', 1)], 1);
    const ask = () => tail.page(0, { types: ['call'], session: undefined }, { events: 5, bytes: 100 });
    assert.equal(ask(), ask());
    const before = ask();
    tail.add([newEvent(2, 'call', 1)], 2);
    assert.notEqual(ask(), before);
  });
});

function check(
  tail: RecentEvents,
  all: readonly LogEvent[],
  from: number,
  filter: EventFilter,
  limit: number,
): void {
  const wanted = all.filter((event) => event.seq > from && fits(event, filter)).map(({ seq }) => seq);
  const seen: number[] = [];
  for (let after = from, hasMore = true; hasMore; ) {
    const page = tail.page(after, filter, { events: limit, bytes: 50_000 });
    if (page === undefined) return; // Only the store has it.
    assert.ok(page.events.length <= limit);
    seen.push(...page.events.map(({ seq }) => seq));
    after = page.next;
    hasMore = page.hasMore;
    if (hasMore) assert.ok(page.events.length > 0);
    else assert.equal(after, tail.last);
  }
  assert.deepEqual(seen, wanted);
}
