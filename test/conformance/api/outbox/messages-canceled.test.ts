import assert from 'node:assert/strict';
import request from 'supertest';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { ANN, SendWorld } from '../../../support/api/outbox/send-world.ts';
import { fromGate } from '../../../support/api/world.ts';

forEachDatabase((database) => {
  const start = async () => SendWorld.start(await database.fresh());
  const sendText = async (world: SendWorld, chat_id: string, message: string): Promise<string> =>
    (await world.sendAsync({ chat_id, message })).body.id;
  const cancel = (world: SendWorld, id: string) =>
    request(world.origin).delete(`/api/whatsapp/messages/${id}`).set(fromGate);

  describe(`message on ${database.name}, canceled`, () => {
    it('is not sent, its medium is gone, whoever waits is told, and the event log says so', async () => {
      await using world = await start();
      const answer = world
        .send({ chat_id: ANN, media: { data: 'aGk=', mimetype: 'text/plain' } })
        .then((response) => response);
      const { id } = await world.accepted();
      const { status, body } = await cancel(world, id);
      assert.deepEqual([status, body], [200, { success: true, status: 'canceled' }]);
      const { status: told, body: problem } = await answer;
      assert.deepEqual([told, problem.code, problem.id], [410, 'message_canceled', id]);
      const { body: shown } = await world.get(`/api/whatsapp/messages/${id}`);
      assert.deepEqual([shown.status, shown.error.code], ['canceled', 'message_canceled']);
      assert.ok(shown.ended_at);
      assert.equal((await world.counts()).media, 0);
      const events = await world.store.read((db) => db.selectFrom('events').selectAll().execute());
      assert.deepEqual(
        events.map(({ type, data }) => [type, JSON.parse(data).id, JSON.parse(data).status]),
        [['message_failed', id, 'canceled']],
      );
    });

    it('may be scheduled, and canceled twice', async () => {
      await using world = await start();
      const send_at = new Date(Date.now() + 3_600_000).toISOString();
      const { body } = await world.sendAsync({ chat_id: ANN, message: 'later', send_at });
      for (const _time of [1, 2]) assert.equal((await cancel(world, body.id)).status, 200);
      const events = await world.store.read((db) => db.selectFrom('events').selectAll().execute());
      assert.equal(events.length, 1);
    });

    it('is not sent again, and 202 says that it may have been, when it is sending', async () => {
      await using world = await start();
      const id = await sendText(world, ANN, 'x');
      await world.becomes(id, { state: 'sending', reason: 'the bridge broke off', next_try_at: 1 });
      const { status, body } = await cancel(world, id).set('prefer', 'respond-async');
      assert.deepEqual([status, body.status, body.id], [202, 'canceling', id]);
      assert.match(body.reason, /the bridge broke off$/);
      const [row] = await world.rows();
      assert.deepEqual([row?.state, row?.error_code, row?.next_try_at], ['sending', null, 0]);
      const { body: shown } = await world.get(`/api/whatsapp/messages/${id}`);
      assert.equal(shown.cancel_requested_at, new Date(row?.cancel_at ?? 0).toISOString());
      await cancel(world, id).set('prefer', 'respond-async');
      assert.equal((await world.rows())[0]?.cancel_at, row?.cancel_at);
    });

    for (const state of ['sent', 'read', 'failed', 'expired'] as const)
      it(`is refused when it is ${state}`, async () => {
        await using world = await start();
        const id = await sendText(world, ANN, 'x');
        await world.becomes(id, { state });
        const { status, body } = await cancel(world, id);
        assert.deepEqual([status, body.code, body.id], [409, 'message_final', id]);
        assert.equal((await world.rows())[0]?.state, state);
      });

    it('is refused when there is none', async () => {
      await using world = await start();
      assert.equal((await cancel(world, '3EB0FF')).status, 404);
    });
  });
});
