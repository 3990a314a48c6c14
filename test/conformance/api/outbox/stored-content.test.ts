import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { readContent } from '../../../../services/api/outbox/stored-content.ts';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { undoPeople } from '../../../support/api/store/earlier-schema.ts';

forEachDatabase(({ name, fresh }) => {
  describe(`content that an earlier build stored in one column (${name})`, () => {
    it('is moved, so that the first release can read it; a text with the same words stays', async () => {
      const open = await fresh();
      const contents = [
        '{"kind":"text","text":"https://example.com","link_preview":false}',
        '{"kind":"text","text":"a","link_preview":true,"mentions":["15550100001@c.us"]}',
        JSON.stringify({ kind: 'text', text: 'x","link_preview":false}' }),
      ];
      const earlier = await open();
      await earlier.write(async (db) => {
        for (const [index, content] of contents.entries())
          await db
            .insertInto('messages')
            .values({
              id: `M${index}`,
              session: 'default',
              chat_id: '15550100001@c.us',
              kind: 'text',
              content,
              state: 'queued',
              accepted_at: 1,
              expires_at: 2,
              next_try_at: 1,
            })
            .execute();
        for (const statement of undoPeople(name)) await sql.raw(statement).execute(db);
        await sql`alter table messages drop column later_fields`.execute(db);
        await sql`delete from kysely_migration where name = '2026-11-30-later-fields'`.execute(db);
      });
      await earlier.close();
      const later = await open();
      const rows = await later.read((db) =>
        db.selectFrom('messages').select(['content', 'later_fields']).orderBy('seq').execute(),
      );
      await later.close();
      assert.deepEqual(
        rows.map(({ content }) => content),
        [
          '{"kind":"text","text":"https://example.com"}',
          '{"kind":"text","text":"a","mentions":["15550100001@c.us"]}',
          contents[2],
        ],
      );
      assert.deepEqual(
        rows.map(readContent),
        contents.map((content) => JSON.parse(content)),
      );
    });
  });
});
