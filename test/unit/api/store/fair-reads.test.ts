import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { FairReads } from '../../../../services/api/store/fair-reads.ts';
import { Store } from '../../../../services/api/store/store.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import { freshSqlite } from '../../../support/api/databases.ts';
import { note } from '../../../support/api/store/rows.ts';

const READS = 200;

describe('reads of many rows', () => {
  it('take turns by client, whoever has asked for more', async () => {
    const reads = new FairReads(() => 1);
    const order: string[] = [];
    const read = (client: string, name: string) => reads.run(client, async () => void order.push(name));
    await Promise.all([
      ...Array.from({ length: 5 }, (_, index) => read('greedy', `g${index}`)),
      read('other', 'o0'),
      read('other', 'o1'),
      read('third', 't0'),
    ]);
    assert.deepEqual(order, ['g0', 'g1', 'o0', 't0', 'g2', 'o1', 'g3', 'g4']);
  });

  for (const atOnce of [1, 2])
    it(`run ${atOnce} at a time, and everything else has a turn between two`, async () => {
      const reads = new FairReads(() => atOnce);
      let running = 0;
      let most = 0;
      let turns = 0;
      const startedAt: number[] = [];
      let isOver = false;
      const counting = (async () => {
        for (; !isOver; turns += 1) await turn();
      })();
      await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          reads.run(`client ${index}`, async () => {
            startedAt.push(turns);
            running += 1;
            most = Math.max(most, running);
            await turn();
            running -= 1;
          }),
        ),
      );
      isOver = true;
      await counting;
      assert.equal(most, atOnce);
      for (const [index, at] of startedAt.entries())
        if (index >= atOnce) assert.ok(at > (startedAt[index - atOnce] ?? 0), startedAt.join());
    });

  it('let a send through before the next few, however many wait', async () => {
    await using store = await Store.open(await freshSqlite(), createLog('api', 'silent'));
    let done = 0;
    const all = Array.from({ length: READS }, (_, index) =>
      store.readInTurn(`client ${index % 50}`, async (db) => {
        done += 1;
        return db.selectFrom('facts').selectAll().execute();
      }),
    );
    for (let send = 0; send < 10; send += 1) {
      const before = done;
      await store.write((db) => note(db, `send ${send}`));
      // A write takes a few turns of the event loop, and in each begins at most one read.
      assert.ok(done - before <= 5, `${done - before} reads during a send`);
    }
    assert.ok(done < READS, 'all were read at once');
    await Promise.all(all);
  });

  it('are left out when nobody waits for them any more, at no cost for others', async () => {
    const reads = new FairReads(() => 1);
    const order: string[] = [];
    let isWanted = true;
    const gone = Array.from({ length: 100 }, (_, index) =>
      reads.run(
        'gone',
        async () => void order.push(`${index}`),
        () => isWanted,
      ),
    );
    const last = reads.run('other', async () => void order.push('other'));
    isWanted = false;
    await Promise.all([...gone, last]);
    assert.deepEqual(order, ['0', 'other']);
  });

  it('fail one by one', async () => {
    const reads = new FairReads(() => 1);
    const failing = reads.run('a', () => Promise.reject(new Error('broken')));
    const good = reads.run('a', async () => 'good');
    await assert.rejects(failing, { message: 'broken' });
    assert.equal(await good, 'good');
  });
});
