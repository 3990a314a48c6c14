import assert from 'node:assert/strict';
import BetterSqlite3 from 'better-sqlite3';
import fc from 'fast-check';
import { GroupCommit } from '../../../../services/api/store/group-commit.ts';
import { type Database, Store } from '../../../../services/api/store/store.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import { freshSqlite, sqliteFolder } from '../../../support/api/databases.ts';
import { namesIn, note } from '../../../support/api/store/rows.ts';

const silent = createLog('api', 'silent');

/** A task: the rows it writes, then whether it throws; and in which turn of the event loop it comes. */
const taskArbitrary = fc.record({
  rows: fc.integer({ min: 0, max: 3 }),
  end: fc.constantFrom('returns', 'returns', 'throws', 'breaks a rule', 'leaves queries behind and throws'),
  turn: fc.integer({ min: 0, max: 3 }),
});

describe('group commit', () => {
  it('keeps what succeeded and nothing else, whatever shares a commit', async () => {
    await using store = await Store.open(await freshSqlite(), silent);
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(taskArbitrary, { maxLength: 40 }), async (tasks) => {
        run += 1;
        const expected = new Set<string>();
        const outcomes = tasks.map(async ({ rows, end, turn }, index) => {
          for (let waited = 0; waited < turn; waited += 1) await new Promise((next) => setImmediate(next));
          const names = Array.from({ length: rows }, (_, row) => `${run}/${index}/${row}`);
          const written = store.write(async (db) => {
            for (const name of names) await note(db, name);
            if (end === 'throws') throw new Error('of its own accord');
            if (end === 'breaks a rule')
              for (const name of [`${run}/${index}`, `${run}/${index}`]) await note(db, name);
            if (end.startsWith('leaves'))
              await Promise.all([
                ...names.map((name) => note(db, `${name}/late`)),
                Promise.reject(new Error('early')),
              ]);
            return index;
          });
          if (end !== 'returns') return assert.rejects(written, { name: /Error/ });
          assert.equal(await written, index);
          // On disk from the very moment on at which it resolves.
          const seen = new Set(await namesIn(store));
          for (const name of names) {
            assert.ok(seen.has(name), name);
            expected.add(name);
          }
        });
        await Promise.all(outcomes);
        assert.deepEqual(
          new Set([...(await namesIn(store))].filter((name) => name.startsWith(`${run}/`))),
          expected,
        );
      }),
      { numRuns: 60 },
    );
  });

  it('refuses a query of a task that has ended', async () => {
    await using store = await Store.open(await freshSqlite(), silent);
    let kept: Database | undefined;
    await store.write(async (db) => {
      kept = db;
    });
    if (kept !== undefined) await assert.rejects(note(kept, 'late'), /its transaction had ended/);
    assert.deepEqual(await namesIn(store), []);
  });

  it('tells every task of a commit that failed, keeps nothing of it, and goes on', async () => {
    const connection = new BetterSqlite3(':memory:');
    connection.exec('create table names (name text)');
    let isLost = true;
    const commits = new GroupCommit(connection, () => {
      if (isLost) throw new Error('the disk has gone');
    });
    const insert = (name: string) =>
      commits.run(async () => connection.prepare('insert into names values (?)').run(name).changes);
    const results = await Promise.allSettled([insert('a'), insert('b'), insert('c')]);
    assert.deepEqual(
      results.map((result) => (result.status === 'rejected' ? result.reason.message : '')),
      Array(3).fill('the disk has gone'),
    );
    isLost = false;
    assert.equal(await insert('d'), 1);
    assert.deepEqual(connection.prepare('select name from names').pluck().all(), ['d']);
    connection.close();
  });

  it('tells everybody when no transaction can be begun, and tries again for the next', async () => {
    const folder = sqliteFolder();
    const file = `${folder}/x.db`;
    const connection = new BetterSqlite3(file, { timeout: 0 });
    connection.exec('create table names (name text)');
    const other = new BetterSqlite3(file);
    other.exec('begin immediate');
    const commits = new GroupCommit(connection, () => undefined);
    const insert = () => commits.run(async () => connection.exec("insert into names values ('a')"));
    for (const { status } of await Promise.allSettled([insert(), insert()])) assert.equal(status, 'rejected');
    other.exec('rollback');
    await insert();
    assert.equal(connection.prepare('select count(*) from names').pluck().get(), 1);
    other.close();
    connection.close();
  });

  it('lets others have their turn while much is written', async () => {
    await using store = await Store.open(await freshSqlite(), silent);
    let isThrough = false;
    // Each takes 5 ms of the processor, on any machine: all of them are too much for one turn.
    const slowly = (name: string) =>
      store.write((db) => {
        for (const begun = performance.now(); performance.now() < begun + 5; );
        return note(db, name);
      });
    const writes = Promise.all(Array.from({ length: 30 }, (_, index) => slowly(`${index}`)));
    void writes.then(() => {
      isThrough = true;
    });
    let turns = 0;
    while (!isThrough) {
      turns += 1;
      await new Promise((next) => setTimeout(next, 1));
    }
    assert.ok(turns > 2, `${turns}`);
  });
});
