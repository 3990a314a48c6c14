import assert from 'node:assert/strict';
import { LATER_FIELDS, readContent, storeContent } from '../../../../services/api/outbox/stored-content.ts';
import { type MessageContent, messageContentSchema } from '../../../../services/contract/content.ts';

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
