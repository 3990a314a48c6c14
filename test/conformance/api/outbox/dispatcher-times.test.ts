import assert from 'node:assert/strict';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { OutboxWorld } from '../../../support/api/outbox/outbox-world.ts';

const ANN = '15550000001@c.us';
const BOB = '15550000002@c.us';

forEachDatabase((database) => {
  describe(`outbox on ${database.name}, while the bridge`, () => {
    const start = async () => OutboxWorld.start(await database.fresh());

    it('is away past expires_at, the message expires and the log says so', async () => {
      await using world = await start();
      world.bridge.isReady = false;
      const id = await world.queue(ANN, 'late', { expiresAt: Date.now() + 300 });
      world.dispatcher.start();
      const expired = await world.reaches(id, 'expired');
      assert.equal(expired.errorCode, 'message_expired');
      world.bridge.isReady = true;
      const fine = await world.queue(ANN, 'fine');
      await world.reaches(fine, 'sent');
      assert.deepEqual(world.bridge.textsOf(ANN), ['fine']);
    });

    it('left an outcome open past expires_at, only looks: what is there was sent, what is not expires', async () => {
      await using world = await start();
      const past = {
        state: 'sending',
        dispatchedAt: Date.now() - 5_000,
        expiresAt: Date.now() - 1_000,
      } as const;
      const there = await world.queue(ANN, 'there', past);
      world.bridge.phone.push({ id: there, chatId: ANN, text: 'there' });
      world.bridge.acked.add(there);
      const gone = await world.queue(BOB, 'gone', past);
      world.dispatcher.start();
      await world.reaches(there, 'sent');
      await world.reaches(gone, 'expired');
      assert.deepEqual(world.bridge.textsOf(BOB), []);
    });

    it('waits for the time of a scheduled message, and lets others of its chat pass before', async () => {
      await using world = await start();
      const sendAt = Date.now() + 400;
      const later = await world.queue(ANN, 'later', { state: 'scheduled', sendAt });
      const now = await world.queue(ANN, 'now');
      world.dispatcher.start();
      await world.reaches(now, 'sent');
      const { dispatchedAt = 0 } = await world.reaches(later, 'sent');
      assert.ok(dispatchedAt >= sendAt);
      assert.deepEqual(world.bridge.textsOf(ANN), ['now', 'later']);
    });
  });
});
