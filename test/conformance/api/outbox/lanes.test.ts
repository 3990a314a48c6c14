import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isOfLane, type Lane, laneOf } from '../../../../services/api/outbox/lanes.ts';
import { storeContent } from '../../../../services/api/outbox/stored-content.ts';
import type { MessageContent } from '../../../../services/contract/content.ts';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { NO_PACING, OutboxWorld } from '../../../support/api/outbox/outbox-world.ts';
import { until } from '../../../support/until.ts';

const SEED = Number(process.env.FC_SEED ?? Date.now() % 1_000_000);
const ANN = '15550000001@c.us';
const NEVER_MS = 3_600_000;
const MEDIUM = { kind: 'media', media_id: 'a-video', mimetype: 'video/mp4' } as const;

forEachDatabase((database) => {
  describe(`outbox on ${database.name}, while messages are slow to prepare`, () => {
    // Nothing here waits for a look that the clock brings: an event must bring each look.
    const start = async () => OutboxWorld.start(await database.fresh(), NO_PACING, { lookMs: NEVER_MS });

    const slowChat = (n: number) => `1666000${1000 + n}@c.us`;

    /** 50 chats with a medium each, and 50 with a link each, accepted before anything else. */
    async function queueSlow(world: OutboxWorld): Promise<void> {
      await world.store.write((db) =>
        db
          .insertInto('media')
          .values({
            id: MEDIUM.media_id,
            mimetype: MEDIUM.mimetype,
            filename: null,
            bytes: 1,
            data: Buffer.from('x'),
            created_at: 0,
            message_id: null,
          })
          .execute(),
      );
      const slow = Array.from({ length: 100 }, (_, n) =>
        world.queue(slowChat(n), `https://example.com/${n}`, n % 2 === 0 ? { content: MEDIUM } : {}),
      );
      await Promise.all(slow);
    }

    it('sends a plain text to another chat before any of them', async () => {
      await using world = await start();
      await queueSlow(world);
      world.bridge.behave = ({ chatId }) => (chatId === ANN ? 'send' : 'hang');
      world.dispatcher.start();
      await until('as many as there were places for are under way', () => world.bridge.calls.length >= 4);
      const code = await world.queue(ANN, 'your code is 123456');
      await world.reaches(code, 'sent');
      assert.deepEqual(
        world.bridge.phone.map(({ text }) => text),
        ['your code is 123456'],
      );
      const kinds = world.bridge.calls.map(({ content }) => content?.kind ?? 'text');
      assert.ok(kinds.filter((kind) => kind === 'media').length <= 4, kinds.join());
    });

    it('sends a text with a link though no medium gets through', async () => {
      await using world = await start();
      await queueSlow(world);
      world.bridge.behave = ({ content }) => (content?.kind === 'media' ? 'hang' : 'send');
      world.dispatcher.start();
      await world.reaches(await world.queue(ANN, 'https://example.com/fast'), 'sent');
    });

    it('sends a medium though no text with a link gets through', async () => {
      await using world = await start();
      await queueSlow(world);
      world.bridge.behave = ({ content }) => (content?.kind === 'media' ? 'send' : 'hang');
      world.dispatcher.start();
      await world.reaches(await world.queue(ANN, '', { content: MEDIUM }), 'sent');
    });

    it('sends a plain text that was accepted behind as many slow messages as may be under way', async () => {
      await using world = await start();
      await queueSlow(world);
      world.bridge.behave = ({ chatId }) => (chatId === ANN ? 'send' : 'hang');
      const last = await world.queue(ANN, 'your code is 123456');
      world.dispatcher.start();
      await world.reaches(last, 'sent');
    });

    it('sends a text with link_preview false as a plain one', async () => {
      await using world = await start();
      await queueSlow(world);
      world.bridge.behave = ({ chatId }) => (chatId === ANN ? 'send' : 'hang');
      world.dispatcher.start();
      const content = { kind: 'text', text: 'https://example.com/', link_preview: false } as const;
      await world.reaches(await world.queue(ANN, '', { content }), 'sent');
      assert.deepEqual(world.bridge.calls.find(({ chatId }) => chatId === ANN)?.content, content);
    });

    it('gives each row the lane that its content has', async () => {
      await using world = await start();
      const text = fc.oneof(
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom(
          'HTTP://a',
          'see www.b',
          'https:/ /c',
          '"link_preview":false https://d',
          'wwwx',
          'hTTps://e',
        ),
      );
      const content = fc.oneof(
        fc.record(
          {
            kind: fc.constant('text' as const),
            text,
            link_preview: fc.boolean(),
            reply_to: fc.constant('3EB0'),
          },
          { requiredKeys: ['kind', 'text'] },
        ),
        fc.constant(MEDIUM),
        fc.record({ kind: fc.constant('edit' as const), target: fc.constant('3EB0'), text }),
      );
      await fc.assert(
        fc.asyncProperty(fc.array<MessageContent>(content, { maxLength: 20 }), async (contents) => {
          const lanes = await world.store.read(async (db) => {
            const found: Lane[] = [];
            for (const one of contents) {
              const stored = storeContent(one);
              const row = await db
                .selectFrom(
                  db
                    .selectNoFrom(({ cast, val }) => [
                      cast<string>(val(one.kind), 'text').as('kind'),
                      cast<string>(val(stored.content), 'text').as('content'),
                      cast<string | null>(val(stored.later_fields), 'text').as('later_fields'),
                    ])
                    .as('row'),
                )
                .select([isOfLane.preview.as('preview'), isOfLane.upload.as('upload')])
                .executeTakeFirstOrThrow();
              found.push(row.upload ? 'upload' : row.preview ? 'preview' : 'none');
            }
            return found;
          });
          assert.deepEqual(lanes, contents.map(laneOf));
        }),
        { seed: SEED, numRuns: 50 },
      );
    });
  });
});
