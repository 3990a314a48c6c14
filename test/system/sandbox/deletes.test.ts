import assert from 'node:assert/strict';
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
    await until('revoked', async () => (await typeOf(id)) === 'revoked');
    assert.equal(world.running.phone.state.messages.get(id)?.type, 'revoked');
  });

  it('removes one here only, after the time in which it could be undone', async () => {
    const { id } = await sendInPage(witness, TO, 'hidden');
    await (await witness.client.getMessageById(id)).delete(false);
    assert.equal((await messageInPage(witness, id))?.id, id);
    await until('gone', async () => (await messageInPage(witness, id)) === undefined);
    assert.equal(world.running.phone.state.messages.get(id)?.type, 'chat');
  });
});
