import assert from 'node:assert/strict';
import { Store } from '../../../../services/api/store/store.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import { sqliteFolder, sqliteIn } from '../../../support/api/databases.ts';
import { note } from '../../../support/api/store/rows.ts';
import { assertNothingIsLost, Writer } from '../../../support/api/store/writer-process.ts';

const silent = createLog('api', 'silent');

describe('store on sqlite, whose process is killed', () => {
  it('has all that it said was written, and no half of anything', async () => {
    const folder = sqliteFolder();
    await assertNothingIsLost(folder, { prefix: 'small', writers: 1, rows: 2, bytes: 1, tasks: 1 });
    await assertNothingIsLost(folder, { prefix: 'large', writers: 16, rows: 5, bytes: 20_000, tasks: 100 });
  });
});

describe('store on sqlite, of two processes', () => {
  it('goes to the first alone, and the second is told who that is', async () => {
    const folder = sqliteFolder();
    await using writer = new Writer(folder, 'first');
    await writer.wrote(1);
    const refusal = {
      code: 'already_running',
      message: new RegExp(
        `gatehouse\\.db is in use by process ${writer.child.pid} on .*; stop that one first`,
      ),
    };
    await assert.rejects(Store.open(sqliteIn(folder), silent), refusal);
    const before = writer.told.length;
    await writer.wrote(before + 1);
  });

  it('goes to one of them when both come at once, and to the next as soon as that one is killed', async () => {
    const folder = sqliteFolder();
    await using one = new Writer(folder, 'one');
    await using two = new Writer(folder, 'two');
    const writers = [one, two];
    await Promise.race(writers.map(({ ended }) => ended));
    const [loser, winner] = one.child.exitCode === null ? [two, one] : [one, two];
    assert.match(loser.errors, /already_running/);
    assert.deepEqual(loser.told, []);
    await winner.wrote(5);
    winner.child.kill('SIGKILL');
    await winner.ended;
    await using store = await Store.open(sqliteIn(folder), silent);
    await store.write((db) => note(db, 'third'));
  });
});
