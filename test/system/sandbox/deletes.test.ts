import assert from 'node:assert/strict';
import { listOf } from '../../../services/sandbox/web/wire.ts';
import { evaluate, messageInPage, sendInPage } from '../../support/sandbox/page-sends.ts';
import { type Witness, World } from '../../support/sandbox/world.ts';
import { until } from '../../support/until.ts';

const TO = '15552220000@c.us';

describe('sandbox, with messages that are deleted', () => {
  let world: World;
  let witness: Witness;

  before(async () => {
    world = await World.open();
    witness = await world.startReadyClient();
  });

  after(() => world[Symbol.asyncDispose]());

  const typeOf = (id: string) =>
    evaluate(witness, `return require('WAWebCollections').Msg.get('${id}')?.type`);

  it('revokes one for everyone when the server has been told, long after the call returned', async () => {
    const { id } = await sendInPage(witness, TO, 'regretted');
    await world.control('misbehave', { kind: 'offline' });
    const told = await evaluate(
      witness,
      `const { Msg, Chat } = require('WAWebCollections');
      const { Cmd } = require('WAWebCmd');
      const events = [];
      Cmd.on('send_revoke_msgs', () => events.push('send_revoke_msgs'));
      const msg = Msg.get('${id}');
      const record = { list: [msg], type: 'message' };
      const returned = Cmd.sendRevokeMsgs(Chat.get('${TO}'), record, { clearMedia: true });
      return [typeof returned, events, msg.type];`,
    );
    assert.deepEqual(told, ['undefined', ['send_revoke_msgs'], 'chat']);
    assert.equal(world.running.phone.state.messages.get(id)?.type, 'chat');
    assert.equal(await typeOf(id), 'chat');
    await world.control('misbehave', { kind: 'online' });
    // The message has the key of the revoke from then on, after a reload too.
    await until('its key is gone', async () => (await typeOf(id)) === undefined);
    assert.equal(world.running.phone.state.messages.get(id)?.type, 'revoked');
    const former = `const [msg] = require('WAWebCollections').Msg.getModelsArray()
      .filter((one) => String(one.protocolMessageKey) === '${id}');
      return [String(msg.id), msg.type, String(require('WAWebCollections').Chat.get('${TO}').msgs.get(msg.id)?.id)];`;
    const [newId, type, inChat] = listOf(await evaluate(witness, former));
    assert.deepEqual([newId === id, type, inChat], [false, 'revoked', newId]);
    await world.control('misbehave', { kind: 'reload' });
    await witness.next('ready');
    assert.deepEqual(await evaluate(witness, former), [newId, 'revoked', newId]);
    const find = `const { Msg } = require('WAWebCollections');
      const { messages } = await Msg.getMessagesById(['${id}', '${newId}']);
      return messages.map((msg) => String(msg.id));`;
    assert.deepEqual(await evaluate(witness, find), [newId]);
  });

  it('removes one here only, after the time in which it could be undone', async () => {
    const { id } = await sendInPage(witness, TO, 'hidden');
    await (await witness.client.getMessageById(id)).delete(false);
    assert.equal((await messageInPage(witness, id))?.id, id);
    await until('gone', async () => (await messageInPage(witness, id)) === undefined);
    assert.equal(world.running.phone.state.messages.get(id)?.type, 'chat');
  });
});
