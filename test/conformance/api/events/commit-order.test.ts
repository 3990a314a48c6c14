import assert from 'node:assert/strict';
import { EventLog } from '../../../../services/api/events/event-log.ts';
import { Follower } from '../../../../services/api/events/follower.ts';
import { Store } from '../../../../services/api/store/store.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import { forEachDatabase, postgresSpace, sharedPostgres } from '../../../support/api/databases.ts';
import { append, calls } from '../../../support/api/events/news.ts';
import { isOtherProcessTested } from '../../../support/implementations.ts';
import { until } from '../../../support/until.ts';

const silent = createLog('api', 'silent');
const ROUNDS = 30;
const AT_ONCE = 4;
const BATCH = 5;

/** Follows a log to its end as any live reader does. */
function follow(log: EventLog, after = 0): { readonly seqs: number[]; stop(): void } {
  const seqs: number[] = [];
  const follower = new Follower(
    log,
    after,
    { types: undefined, session: undefined },
    {
      takesMore: true,
      deliver: ({ events }) => void seqs.push(...events.map(({ seq }) => seq)),
      end: () => undefined,
    },
  );
  follower.advance();
  return { seqs, stop: () => follower.stop() };
}

async function allSeqs(store: Store): Promise<number[]> {
  const rows = await store.read((db) => db.selectFrom('events').select('seq').orderBy('seq').execute());
  return rows.map(({ seq }) => seq);
}

forEachDatabase((database) => {
  describe(`event log, appended to at once, on ${database.name}`, () => {
    it('never shows a reader a number behind one that it has passed', async () => {
      await using store = await openStore(await database.fresh());
      const log = new EventLog(store.store);
      const live = follow(log);
      for (let round = 0; round < ROUNDS; round += 1)
        await Promise.all(
          Array.from({ length: AT_ONCE }, (_, writer) =>
            append(store.store, log, calls(BATCH, `${round}/${writer}/`)),
          ),
        );
      await until('all is read', () => live.seqs.length >= ROUNDS * AT_ONCE * BATCH);
      assert.deepEqual(live.seqs, await allSeqs(store.store));
      live.stop();
    });
  });
});

describe('event log, of several apis on one postgres', () => {
  if (!isOtherProcessTested) return;
  it('brings every reader everything in order, whoever appended it, each event once', async () => {
    const open = postgresSpace((await sharedPostgres()).url);
    await using first = await openStore(open);
    await using second = await openStore(open);
    await using third = await openStore(open);
    const logs = [new EventLog(first.store), new EventLog(second.store)];
    // The third only reads: nobody in its process tells it anything.
    const watching = new EventLog(third.store);
    const readers = [...logs, watching].map((log) => follow(log));
    // Looks as often as it can, so as to see every moment between two commits.
    let passed = 0;
    const late: number[] = [];
    let isDone = false;
    const scanning = (async () => {
      for (let isLast = false; !isLast; ) {
        isLast = isDone;
        const { events, next } = await watching.page(passed, undefined, 10_000);
        late.push(...events.map(({ seq }) => seq));
        passed = next;
      }
    })();
    for (let round = 0; round < ROUNDS; round += 1) {
      await Promise.all(
        logs.flatMap((log) =>
          Array.from({ length: AT_ONCE }, (_, writer) =>
            // Both apis get some of the same events, as from a bridge that repeats itself to another one.
            append(log.store, log, [
              ...calls(BATCH, `${round}/${writer}/${logs.indexOf(log)}/`),
              ...calls(BATCH, `${round}/${writer}/both/`),
            ]),
          ),
        ),
      );
    }
    const count = ROUNDS * AT_ONCE * BATCH * 3;
    await until('all is read', () => readers.every(({ seqs }) => seqs.length >= count));
    isDone = true;
    await scanning;
    const all = await allSeqs(first.store);
    assert.equal(all.length, count);
    for (const { seqs } of readers) assert.deepEqual(seqs, all);
    assert.deepEqual(late, all);
    for (const { stop } of readers) stop();
  });
});

async function openStore(open: Parameters<typeof Store.open>[0]) {
  const store = await Store.open(open, silent);
  return { store, [Symbol.asyncDispose]: () => store.close() };
}
