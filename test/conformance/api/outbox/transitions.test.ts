import assert from 'node:assert/strict';
import fc from 'fast-check';
import { applyEvents } from '../../../../services/api/outbox/transitions.ts';
import type { BridgeEvent } from '../../../../services/contract/events.ts';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { OutboxWorld } from '../../../support/api/outbox/outbox-world.ts';

const ANN = '15550000001@c.us';
const RANK = ['queued', 'sent', 'delivered', 'read', 'played'];

function ackOf(id: string, ack: number): BridgeEvent {
  return {
    kind: 'ack',
    session: 'default',
    key: `ack:${id}:${ack}`,
    at: new Date().toISOString(),
    whatsapp_id: `true_${ANN}_${id}`,
    data: { chat_id: ANN, stanza_id: id, ack },
  };
}

forEachDatabase((database) => {
  describe(`messages on ${database.name}, as their acknowledgements come`, () => {
    it('go as far as the highest said, whatever the order and however often', async () => {
      await using world = await OutboxWorld.start(await database.fresh());
      await fc.assert(
        fc.asyncProperty(fc.array(fc.integer({ min: -1, max: 5 }), { maxLength: 8 }), async (acks) => {
          const id = await world.queue(ANN, 'x');
          for (const ack of acks) await world.store.write((db) => applyEvents(db, [ackOf(id, ack)], 1_000));
          const message = await world.find(id);
          const highest = Math.min(4, Math.max(0, ...acks));
          assert.equal(message.state, RANK[highest]);
          assert.equal(message.sentAt, highest > 0 ? 1_000 : undefined);
        }),
        { numRuns: 40 },
      );
    });

    it('are found under the id that WhatsApp gave where the page did not take ours', async () => {
      await using world = await OutboxWorld.start(await database.fresh());
      const id = await world.queue(ANN, 'x');
      const whatsappId = `true_${ANN}_3AFFFF`;
      await world.store.write((db) =>
        db.updateTable('messages').set({ whatsapp_id: whatsappId }).where('id', '=', id).execute(),
      );
      const event = { ...ackOf('3AFFFF', 2), whatsapp_id: whatsappId };
      await world.store.write((db) => applyEvents(db, [event], 1_000));
      assert.equal((await world.find(id)).state, 'delivered');
    });

    it('that were given up count as sent after all, and canceled ones only if they had been tried', async () => {
      await using world = await OutboxWorld.start(await database.fresh());
      const expired = await world.queue(ANN, 'x', { state: 'expired' });
      const canceled = await world.queue(ANN, 'y', { state: 'canceled' });
      const tried = await world.queue(ANN, 'z', { state: 'canceled', dispatchedAt: 1 });
      await world.store.write((db) =>
        applyEvents(
          db,
          [expired, canceled, tried].map((id) => ackOf(id, 1)),
          1_000,
        ),
      );
      assert.equal((await world.find(expired)).state, 'sent');
      assert.equal((await world.find(canceled)).state, 'canceled');
      assert.equal((await world.find(tried)).state, 'sent');
    });
  });
});
