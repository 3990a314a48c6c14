import assert from 'node:assert/strict';
import request from 'supertest';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { ANN, SendWorld } from '../../../support/api/outbox/send-world.ts';
import { fromGate } from '../../../support/api/world.ts';

const GROUP = '120363000000000001@g.us';
const INCOMING = `false_${GROUP}_3EB0AABBCC_15550000002@c.us`;
const now = { prefer: 'respond-async' };

forEachDatabase((database) => {
  describe(`api on ${database.name}, asked to do something to a message`, () => {
    const start = async () => SendWorld.start(await database.fresh());
    const path = (id: string, rest = '') => `/api/whatsapp/messages/${id}${rest}`;
    const react = (world: SendWorld, id: string, emoji = '👍') =>
      world.post(path(id, '/reaction'), { emoji }, now);
    const revoke = (world: SendWorld, id: string) => world.post(path(id, '/revoke'), {}, now);
    const edit = (world: SendWorld, id: string, message = 'better') =>
      request(world.origin).patch(path(id)).set(fromGate).set(now).send({ message });
    const sent = async (world: SendWorld): Promise<string> => {
      const { body } = await world.sendAsync({ chat_id: ANN, message: 'Hello' });
      await world.becomes(body.id, { state: 'sent', whatsapp_id: `true_${ANN}_${body.id}` });
      return body.id;
    };

    it('puts it behind the message into the outbox, meant for its WhatsApp id', async () => {
      await using world = await start();
      const id = await sent(world);
      const target = `true_${ANN}_${id}`;
      for (const answer of [await react(world, id), await edit(world, target), await revoke(world, id)]) {
        assert.deepEqual([answer.status, answer.body.chat_id, answer.body.status], [202, ANN, 'queued']);
        assert.notEqual(answer.body.id, id);
      }
      const [, ...actions] = await world.rows();
      assert.deepEqual(
        actions.map(({ kind, chat_id, content }) => [kind, chat_id, JSON.parse(content)]),
        [
          ['reaction', ANN, { kind: 'reaction', target, emoji: '👍' }],
          ['edit', ANN, { kind: 'edit', target, text: 'better' }],
          ['delete', ANN, { kind: 'delete', target }],
        ],
      );
      const { body } = await world.get('/api/whatsapp/messages?kind=edit');
      assert.deepEqual([body.messages[0].target, body.messages[0].message], [target, 'better']);
    });

    it('takes a message that came in, by its WhatsApp id, in the chat that the id names', async () => {
      await using world = await start();
      assert.equal((await react(world, INCOMING, '')).status, 202);
      assert.equal((await revoke(world, INCOMING)).status, 202);
      assert.deepEqual(
        (await world.rows()).map(({ chat_id, content }) => [chat_id, JSON.parse(content).target]),
        [
          [GROUP, INCOMING],
          [GROUP, INCOMING],
        ],
      );
    });

    it('reacts to and edits what is still queued, by the id that it will have', async () => {
      await using world = await start();
      const { body } = await world.sendAsync({ chat_id: ANN, message: 'Hello' });
      assert.equal((await react(world, body.id)).status, 202);
      assert.equal((await edit(world, `true_${ANN}_${body.id}`)).status, 202);
      const targets = (await world.rows()).slice(1).map(({ content }) => JSON.parse(content).target);
      assert.deepEqual(targets, [body.id, body.id]);
    });

    it('answers 200 once it is done', async () => {
      await using world = await start();
      const answer = world.post(path(INCOMING, '/reaction'), { emoji: '👍' }).then((response) => response);
      const { id } = await world.accepted();
      await world.becomes(id, { state: 'sent' });
      const { status, body } = await answer;
      assert.deepEqual([status, body.status, body.id, body.chat_id], [200, 'sent', id, GROUP]);
    });

    it('refuses to take back what is not sent yet, which is to be canceled instead', async () => {
      await using world = await start();
      const { body } = await world.sendAsync({ chat_id: ANN, message: 'Hello' });
      const refused = await revoke(world, body.id);
      assert.deepEqual(
        [refused.status, refused.body.code, refused.body.id],
        [409, 'message_waiting', body.id],
      );
      const send_at = new Date(Date.now() + 3_600_000).toISOString();
      const { body: later } = await world.sendAsync({ chat_id: ANN, message: 'later', send_at });
      for (const answer of [
        await react(world, later.id),
        await edit(world, later.id),
        await revoke(world, later.id),
      ])
        assert.equal(answer.body.code, 'message_waiting');
      assert.equal((await world.rows()).length, 2);
    });

    it('refuses what was never sent, what is no message of its own, and what nobody knows', async () => {
      await using world = await start();
      const id = await sent(world);
      const { body: reaction } = await react(world, id);
      for (const state of ['failed', 'expired', 'canceled'] as const) {
        await world.becomes(id, { state });
        assert.deepEqual(
          [(await edit(world, id)).status, (await edit(world, id)).body.code],
          [409, 'message_final'],
        );
      }
      for (const unknown of [reaction.id, '3EB0FFFFFFFFFFFFFFFFFF', 'true_x_y', '%00'])
        assert.equal((await revoke(world, unknown)).body.code, 'not_found', unknown);
      assert.equal((await edit(world, INCOMING)).body.errors[0].field, 'id');
      assert.equal((await world.rows()).length, 2);
    });

    it('names what is wrong with the body', async () => {
      await using world = await start();
      const id = await sent(world);
      const field = async (answer: request.Test) => {
        const { status, body } = await answer;
        return [status, body.errors?.[0]?.field];
      };
      assert.deepEqual(await field(world.post(path(id, '/reaction'), {})), [400, 'emoji']);
      assert.deepEqual(await field(react(world, id, 'x'.repeat(33))), [400, 'emoji']);
      assert.deepEqual(await field(react(world, id, '\ud83d')), [400, 'emoji']);
      assert.deepEqual(await field(edit(world, id, '')), [400, 'message']);
      assert.deepEqual(await field(edit(world, id, 'a\0')), [400, 'message']);
      assert.deepEqual(await field(world.post(path(id, '/revoke'), { force: true })), [400, 'force']);
      assert.equal((await world.rows()).length, 1);
    });

    it('does it once for a request that is repeated by its key, also when the message has ended meanwhile', async () => {
      await using world = await start();
      const id = await sent(world);
      const headers = { ...now, 'idempotency-key': 'k' };
      const first = await world.post(path(id, '/reaction'), { emoji: '👍' }, headers);
      await world.becomes(id, { state: 'failed' });
      const again = await world.post(path(id, '/reaction'), { emoji: '👍' }, headers);
      assert.deepEqual([again.status, again.body.id], [202, first.body.id]);
      const other = await world.post(path(id, '/reaction'), { emoji: '👎' }, headers);
      assert.equal(other.body.code, 'key_reused');
    });
  });
});
