import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { LATER_FIELDS, readContent, storeContent } from '../../../../services/api/outbox/stored-content.ts';
import { type MessageContent, messageContentSchema } from '../../../../services/contract/content.ts';
import { forEachDatabase } from '../../../support/api/databases.ts';

/** What release 68713a9 accepts in the column `content`. It reads no message of any chat while one has another field. */
const FIRST_RELEASE: Readonly<Record<MessageContent['kind'], readonly string[]>> = {
  text: ['kind', 'text', 'reply_to', 'mentions'],
  media: [
    'kind',
    'media_id',
    'mimetype',
    'filename',
    'caption',
    'as_document',
    'as_voice',
    'reply_to',
    'mentions',
  ],
  location: ['kind', 'latitude', 'longitude', 'name', 'address', 'reply_to', 'mentions'],
  contact: ['kind', 'name', 'phone_number', 'reply_to', 'mentions'],
  reaction: ['kind', 'target', 'emoji'],
  edit: ['kind', 'target', 'text'],
  delete: ['kind', 'target'],
};

describe('content in the store', () => {
  it('has no field in its column that the first release refuses', () => {
    const unknown = messageContentSchema.options.flatMap(({ shape }) =>
      Object.keys(shape).filter((field) => {
        const known = FIRST_RELEASE[[...shape.kind.values][0] ?? 'text'];
        return !known.includes(field) && !LATER_FIELDS.includes(field);
      }),
    );
    assert.deepEqual(unknown, [], 'a new field belongs into LATER_FIELDS');
  });

  it('is read as it was stored', () => {
    const content = { kind: 'text', text: 'see https://example.com', link_preview: false } as const;
    const stored = storeContent(content);
    assert.equal(stored.content, '{"kind":"text","text":"see https://example.com"}');
    assert.deepEqual(readContent(stored), content);
    const plain = { kind: 'text', text: 'x' } as const;
    assert.deepEqual(storeContent(plain), { content: JSON.stringify(plain), later_fields: null });
  });
});

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
