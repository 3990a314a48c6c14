import assert from 'node:assert/strict';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { OutboxWorld } from '../../../support/api/outbox/outbox-world.ts';
import { until } from '../../../support/until.ts';

const ANN = '15550000001@c.us';
const BOB = '15550000002@c.us';
const HOUR_MS = 3_600_000;

forEachDatabase((database) => {
  describe(`outbox on ${database.name}, while the bridge`, () => {
    const start = async () => OutboxWorld.start(await database.fresh());

    it('is away past expires_at, the message expires and the log says so', async () => {
      await using world = await start();
      world.bridge.isReady = false;
      const id = await world.queue(ANN, 'late');
      world.dispatcher.start();
      await until('it was turned away', async () => (await world.find(id)).reason);
      await world.expire(id);
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
      const sendAt = Date.now() + HOUR_MS;
      const later = await world.queue(ANN, 'later', { state: 'scheduled', sendAt });
      const now = await world.queue(ANN, 'now');
      world.dispatcher.start();
      await world.reaches(now, 'sent');
      assert.equal((await world.find(later)).state, 'scheduled');
      const soon = Date.now() + 200;
      await world.reschedule(later, soon);
      const { dispatchedAt = 0 } = await world.reaches(later, 'sent');
      assert.ok(dispatchedAt >= soon);
      assert.deepEqual(world.bridge.textsOf(ANN), ['now', 'later']);
    });

    it('tries what WhatsApp Web cannot send now until its time is over, and never lets it fail', async () => {
      await using world = await start();
      world.bridge.behave = () => 'send_failed';
      const first = await world.queue(ANN, 'accepted now');
      const doubtful = { state: 'sending', dispatchedAt: Date.now() } as const;
      const second = await world.queue(BOB, 'tried before', doubtful);
      world.dispatcher.start();
      for (const [id, state] of [
        [first, 'queued'],
        [second, 'sending'],
      ] as const) {
        const message = await until('several tries', async () => {
          const found = await world.find(id);
          return found.attempts >= 3 && found.state === state ? found : undefined;
        });
        assert.match(message.reason ?? '', /because of send_failed/);
        await world.expire(id);
        await world.reaches(id, 'expired');
      }
      assert.deepEqual(world.bridge.phone, []);
    });
  });
});
