import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { Store } from '../../../../services/api/store/store.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import { sqliteFolder, sqliteIn } from '../../../support/api/databases.ts';

const silent = createLog('api', 'silent');

describe('store on sqlite, as to the disk', () => {
  it('syncs the log at each commit', async () => {
    await using store = await Store.open(sqliteIn(sqliteFolder()), silent);
    // Of the connection that writes. Only the loss of power shows the difference: killed processes lose nothing.
    const pragma = (name: string) =>
      store.write(async (db) => (await sql`pragma ${sql.raw(name)}`.execute(db)).rows);
    assert.deepEqual(await pragma('journal_mode'), [{ journal_mode: 'wal' }]);
    assert.deepEqual(await pragma('synchronous'), [{ synchronous: 2 }], 'FULL');
  });
});
