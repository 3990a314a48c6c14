import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { forEachDatabase } from '../../../support/api/databases.ts';

forEachDatabase(({ name, fresh }) => {
  describe(`store that a later release has been at (${name})`, () => {
    it('opens and is written to, so that a deploy can go back', async () => {
      const open = await fresh();
      const later = await open();
      await later.write(async (db) => {
        await sql`insert into kysely_migration (name, timestamp) values ('2999-01-01-later', '2999-01-01T00:00:00.000Z')`.execute(
          db,
        );
        await sql`alter table facts add column added text`.execute(db);
      });
      await later.close();
      const earlier = await open();
      await earlier.write(async (db) => {
        await db.insertInto('facts').values({ name: 'kept', value: 'yes' }).execute();
      });
      const rows = await earlier.read((db) =>
        db.selectFrom('facts').select('value').where('name', '=', 'kept').execute(),
      );
      assert.deepEqual(rows, [{ value: 'yes' }]);
      await earlier.close();
    });
  });
});
