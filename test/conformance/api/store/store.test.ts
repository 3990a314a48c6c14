import assert from 'node:assert/strict';
import { Store } from '../../../../services/api/store/store.ts';
import { KitError } from '../../../../services/contract/errors.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { namesIn, note } from '../../../support/api/store/rows.ts';

const silent = createLog('api', 'silent');

forEachDatabase((database) => {
  describe(`store on ${database.name}`, () => {
    it('still has what it took when it is opened anew', async () => {
      const open = await database.fresh();
      await using first = await Store.open(open, silent);
      assert.equal(first.status.state, 'ok');
      await first.write((db) => note(db, 'a'));
      await first.close();
      await using second = await Store.open(open, silent);
      assert.deepEqual(await namesIn(second), ['a']);
    });

    it('undoes all of a task that throws, and passes on what it threw', async () => {
      await using store = await Store.open(await database.fresh(), silent);
      const mistake = new KitError('message_final', 'too late');
      const failing = store.write(async (db) => {
        await note(db, 'a');
        throw mistake;
      });
      await assert.rejects(failing, mistake);
      assert.deepEqual(await namesIn(store), []);
      assert.equal(store.status.state, 'ok');
    });

    it('takes a query that is wrong for a mistake, not for trouble with the database', async () => {
      await using store = await Store.open(await database.fresh(), silent);
      const twice = store.write(async (db) => {
        await note(db, 'a');
        await note(db, 'a');
      });
      await assert.rejects(twice, (error) => error instanceof Error && !(error instanceof KitError));
      assert.equal(store.status.state, 'ok');
    });

    it('shows readers nothing of a transaction that goes on, and all of it once it has resolved', async () => {
      await using store = await Store.open(await database.fresh(), silent);
      let seenInside: string[] | undefined;
      await store.write(async (db) => {
        await note(db, 'a');
        seenInside = await namesIn(store);
        await note(db, 'b');
      });
      assert.deepEqual(seenInside, []);
      assert.deepEqual(await namesIn(store), ['a', 'b']);
    });

    it('keeps times and counts as numbers, and media as bytes', async () => {
      await using store = await Store.open(await database.fresh(), silent);
      const now = Date.now();
      const data = Buffer.from([0, 255, 0, 1]);
      const medium = { id: 'm', mimetype: 'image/png', filename: null, bytes: 4, data, created_at: now };
      await store.write((db) =>
        db
          .insertInto('media')
          .values({ ...medium, message_id: null })
          .execute(),
      );
      const [row] = await store.read((db) => db.selectFrom('media').selectAll().execute());
      assert.deepEqual([row?.created_at, row?.bytes, Buffer.from(row?.data ?? [])], [now, 4, data]);
    });

    it('says that it is closed to those who come late', async () => {
      await using store = await Store.open(await database.fresh(), silent);
      await store.close();
      await assert.rejects(
        store.write((db) => note(db, 'a')),
        { code: 'storage_unavailable', message: 'the database is closed' },
      );
    });
  });
});
