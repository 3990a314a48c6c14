import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import request from 'supertest';
import { limitSize } from '../../../../services/api/store/retention/by-size.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { ANN, SendWorld } from '../../../support/api/outbox/send-world.ts';
import { type ApiSettings, DEFAULTS, fromGate } from '../../../support/api/world.ts';
import { until } from '../../../support/until.ts';

const MAX_BYTES = 1_000_000;
const MEDIUM = randomBytes(40_000);

forEachDatabase((database) => {
  describe(`api on ${database.name}, while the store is full`, () => {
    const start = async (settings: ApiSettings) => SendWorld.start(await database.fresh(), settings);
    const tidyUp = async (world: SendWorld) => {
      const run = {
        store: world.store,
        log: createLog('api', 'silent'),
        now: Date.now(),
        isOver: () => false,
      };
      world.room.note(await limitSize(run, MAX_BYTES));
    };
    const event = (key: number) => ({
      session: 'default',
      key: `e${key}`,
      type: 'state',
      whatsapp_id: null,
      at: new Date().toISOString(),
      data: JSON.stringify({ state: randomBytes(1_000).toString('hex') }),
      stored_at: Date.now(),
    });

    it('refuses sends with 507 and names the webhook that is behind, loses no event, and goes on when it has caught up', async () => {
      await using world = await start({ store: { ...DEFAULTS.store, maxBytes: MAX_BYTES } });
      await world.store.write(async (db) => {
        for (let key = 0; key < 1_000; key += 1) await db.insertInto('events').values(event(key)).execute();
        await db
          .insertInto('webhooks')
          .values({
            id: 'wh_behind',
            url: 'https://receiver.example',
            types: null,
            secrets: '[]',
            status: 'active',
            reason: null,
            created_at: 0,
            cursor: 0,
            attempts: 0,
            first_tried_at: null,
            next_try_at: 0,
            last_error: null,
            delivered_at: null,
          })
          .execute();
      });
      await tidyUp(world);
      const { status, body } = await world.sendAsync({ chat_id: ANN, message: 'no room' });
      assert.deepEqual([status, body.code], [507, 'store_full']);
      assert.match(body.detail, /STORE_MAX_BYTES.*up to 1000 events wait for webhook wh_behind/);
      assert.equal((await world.rows()).length, 0);
      const count = () =>
        world.store.read((db) =>
          db
            .selectFrom('events')
            .select(({ fn }) => fn.countAll<number>().as('count'))
            .executeTakeFirstOrThrow(),
        );
      assert.equal(Number((await count()).count), 1_000);

      await world.store.write((db) => db.updateTable('webhooks').set({ cursor: 1_000 }).execute());
      await tidyUp(world);
      await until('it accepts again', async () => {
        const again = await world.sendAsync({ chat_id: ANN, message: 'room' });
        return again.status === 202;
      });
    });

    it('refuses media beyond their own room, keeps half of it for messages, and still takes texts', async () => {
      await using world = await start({ outbox: { ...DEFAULTS.outbox, mediaStoreBytes: 200_000 } });
      const upload = () =>
        request(world.origin)
          .post('/api/whatsapp/media')
          .set(fromGate)
          .set('content-type', 'image/png')
          .send(MEDIUM);
      const answers = [await upload(), await upload(), await upload()];
      assert.deepEqual(
        answers.map(({ status }) => status),
        [201, 201, 507],
      );
      assert.equal(answers[2]?.body.code, 'media_store_full');
      assert.match(answers[2]?.body.detail, /MEDIA_STORE_BYTES.* of 2 uploads, .* of 0 messages/);
      const send = () =>
        world.sendAsync({
          chat_id: ANN,
          media: { data: MEDIUM.toString('base64'), mimetype: 'image/png' },
        });
      const sent = [await send(), await send(), await send(), await send()];
      assert.deepEqual(
        sent.map(({ status }) => status),
        [202, 202, 202, 507],
      );
      const byUpload = await world.sendAsync({ chat_id: ANN, media: { upload: answers[0]?.body.id } });
      assert.equal(byUpload.status, 507);
      assert.equal((await world.sendAsync({ chat_id: ANN, message: 'a text' })).status, 202);
      assert.equal((await world.rows()).length, 4);
    });
  });
});
