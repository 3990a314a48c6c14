import assert from 'node:assert/strict';
import { EventLog } from '../../../../services/api/events/event-log.ts';
import { Store } from '../../../../services/api/store/store.ts';
import { EVENT_TYPES } from '../../../../services/contract/events.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import { forEachDatabase, type TestDatabase } from '../../../support/api/databases.ts';
import { ack, append, call, calls, state } from '../../../support/api/events/news.ts';

async function openLog(database: TestDatabase) {
  const store = await Store.open(await database.fresh(), createLog('api', 'silent'));
  const log = new EventLog(store);
  return {
    store,
    log,
    append: (events: Parameters<typeof append>[2]) => append(store, log, events),
    async seqs(after: number, types?: readonly string[], limit = 100, more = {}) {
      return (await log.page(after, types, limit, more)).events.map(({ seq }) => seq);
    },
    async [Symbol.asyncDispose]() {
      log.close();
      await store.close();
    },
  };
}

forEachDatabase((database) => {
  describe(`event log, on ${database.name}`, () => {
    it('is empty at first, and says so', async () => {
      await using world = await openLog(database);
      assert.equal(await world.log.lastSeq(), 0);
      assert.deepEqual(await world.log.bounds(), { oldest: 0, newest: 0 });
      assert.deepEqual(await world.log.page(0, undefined, 10), { events: [], next: 0, hasMore: false });
    });

    it('has every event once and in order, however often the bridge repeats itself', async () => {
      await using world = await openLog(database);
      await world.append([call('a'), call('b'), call('a')]);
      await world.append([call('b'), call('c'), call('a'), call('d')]);
      const { events } = await world.log.page(0, undefined, 10);
      assert.deepEqual(
        events.map(({ json }) => JSON.parse(json).data.call_id),
        ['a', 'b', 'c', 'd'],
      );
      const seqs = events.map(({ seq }) => seq);
      assert.deepEqual(
        seqs,
        [...seqs].sort((left, right) => left - right),
      );
      assert.equal(await world.log.lastSeq(), seqs.at(-1));
    });

    it('takes the same key of two sessions for two events', async () => {
      await using world = await openLog(database);
      await world.append([call('a'), call('a', 'x', 'other')]);
      assert.equal((await world.seqs(0)).length, 2);
    });

    it('gives an event as readers get it, with the id at WhatsApp where there is one', async () => {
      await using world = await openLog(database);
      await world.append([call('a', 'line\nbreak "quoted" \u2028 👩‍👩‍👧'), ack('b', '3EB0AA')]);
      const [first, second] = (await world.log.page(0, undefined, 10)).events;
      assert.deepEqual(JSON.parse(first?.json ?? ''), {
        seq: first?.seq,
        type: 'call',
        session: 'default',
        at: '2026-01-01T00:00:00.000Z',
        data: {
          call_id: 'a',
          from: 'line\nbreak "quoted" \u2028 👩‍👩‍👧',
          is_video: false,
          is_group: false,
        },
      });
      assert.ok(!first?.json.includes('\n'));
      assert.equal(JSON.parse(second?.json ?? '').whatsapp_id, 'true_15551234567@c.us_3EB0AA');
      assert.equal(second?.bytes.toString('utf8'), second?.json);
    });

    it('gives pages that join without a gap or a repetition, of any size and filter', async () => {
      await using world = await openLog(database);
      await world.append([...calls(7), ack('x', 'A'), ...calls(5, 'b'), state('s', 'qr'), ack('y', 'B')]);
      await world.append([call('o', 'x', 'other'), ack('z', 'C')]);
      const all = (await world.log.page(0, undefined, 100)).events;
      for (const types of [undefined, ['call'], ['ack', 'state'], ['revoked'], ['call', 'ack', 'state']]) {
        for (const session of [undefined, 'default', 'other', 'nobody']) {
          for (const limit of [1, 2, 3, 100]) {
            const seen: number[] = [];
            let [after, hasMore] = [0, true];
            for (let pages = 0; hasMore && pages < 50; pages += 1) {
              const page = await world.log.page(after, types, limit, { session });
              seen.push(...page.events.map(({ seq }) => seq));
              after = page.next;
              hasMore = page.hasMore;
            }
            const wanted = all
              .filter(({ type }) => types?.includes(type) ?? true)
              .filter((event) => session === undefined || event.session === session);
            assert.deepEqual(
              seen,
              wanted.map(({ seq }) => seq),
              JSON.stringify({ types, session, limit }),
            );
            assert.equal(after, all.at(-1)?.seq, 'and the cursor is at the end of all');
          }
        }
      }
    });

    it('finds the events of a session among many of another', async () => {
      await using world = await openLog(database);
      await world.append([call('first', 'x', 'rare')]);
      for (let batch = 0; batch < 30; batch += 1) await world.append(calls(100, `${batch}/`));
      await world.append([call('last', 'x', 'rare')]);
      for (const types of [undefined, ['call', 'ack']]) {
        const found: string[] = [];
        for (let [after, hasMore] = [0, true]; hasMore; ) {
          const page = await world.log.page(after, types, 2, { session: 'rare' });
          found.push(...page.events.map(({ json }) => JSON.parse(json).data.call_id));
          assert.ok(!page.hasMore || page.next > after);
          after = page.next;
          hasMore = page.hasMore;
        }
        assert.deepEqual(found, ['first', 'last']);
      }
    });

    it('says that there is more only where there is', async () => {
      await using world = await openLog(database);
      await world.append(calls(3));
      assert.equal((await world.log.page(0, undefined, 3)).hasMore, false);
      assert.equal((await world.log.page(0, undefined, 2)).hasMore, true);
      assert.equal((await world.log.page(0, ['call'], 3)).hasMore, false);
      assert.equal((await world.log.page(0, ['call'], 2)).hasMore, true);
    });

    it('ends a page early when its events are large, and never gives none', async () => {
      await using world = await openLog(database);
      await world.append(calls(10, '', 'y'.repeat(10_000)));
      const page = await world.log.page(0, undefined, 100, { mostBytes: 25_000 });
      assert.equal(page.events.length, 3);
      assert.equal(page.hasMore, true);
      assert.equal((await world.log.page(0, ['call'], 100, { mostBytes: 1 })).events.length, 1);
      assert.equal((await world.seqs(page.next)).length, 7);
    });

    it('reads a number from the future as one of an earlier database: from the beginning', async () => {
      await using world = await openLog(database);
      await world.append(calls(3));
      const all = await world.seqs(0);
      assert.deepEqual(await world.seqs(1_764_000_000_000_000), all);
      assert.deepEqual(await world.seqs((all.at(-1) ?? 0) + 1), all);
      assert.deepEqual(await world.seqs(9_007_199_254_740_991), all);
      assert.deepEqual(await world.seqs(all.at(-1) ?? 0), []);
    });

    it('goes on with the oldest there is when the cursor has been removed, and tells which that is', async () => {
      await using world = await openLog(database);
      await world.append(calls(10));
      const all = await world.seqs(0);
      const [, , third = 0, fourth = 0] = all;
      await world.store.write((db) => db.deleteFrom('events').where('seq', '<=', third).execute());
      assert.deepEqual(await world.seqs(all[0] ?? 0), all.slice(3));
      assert.deepEqual(await world.log.bounds(), { oldest: fourth, newest: all.at(-1) });
      await world.store.write((db) => db.deleteFrom('events').execute());
      assert.deepEqual(await world.log.page(fourth, undefined, 10), { events: [], next: 0, hasMore: false });
      await world.append([call('new')]);
      assert.equal((await world.seqs(fourth)).length, 1);
      assert.ok((await world.log.lastSeq()) > (all.at(-1) ?? 0), 'numbers are not given out twice');
    });

    it('knows every type that may stand in it', async () => {
      await using world = await openLog(database);
      await world.append([call('a'), ack('b', 'A')]);
      assert.equal((await world.seqs(0, EVENT_TYPES)).length, 2);
    });

    it('calls back when something was appended, and no more once that is not wanted', async () => {
      await using world = await openLog(database);
      let woken = 0;
      let told = Promise.withResolvers<void>();
      const stop = world.log.onMore(() => {
        woken += 1;
        told.resolve();
      });
      await told.promise;
      told = Promise.withResolvers();
      await world.append([call('a')]);
      await told.promise;
      stop();
      const before = woken;
      await world.append([call('b')]);
      await world.log.lastSeq();
      assert.equal(woken, before);
    });
  });
});
