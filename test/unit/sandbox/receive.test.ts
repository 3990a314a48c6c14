import assert from 'node:assert/strict';
import request from 'supertest';
import type { Phone } from '../../../services/sandbox/phone/phone.ts';
import type { WireMessage } from '../../../services/sandbox/web/wire.ts';
import { recordOf, SandboxFolder } from '../../support/sandbox/sandbox-folder.ts';
import { until } from '../../support/until.ts';

const TO = '15552220000@c.us';
const ID = `true_${TO}_3EB0A`;
const MESSAGE: WireMessage = {
  ...{ id: ID, key: '3EB0A', from_me: true, chat_id: TO, type: 'chat', body: 'hi', t: 1, ack: 0, add: 'one' },
  details: {},
};

describe('phone of the sandbox, with stanzas of a page', () => {
  let world: SandboxFolder;
  let phone: Phone;

  beforeEach(async () => {
    world = await SandboxFolder.open({ policy: { serverAckMs: 0, deviceAckMs: -1, readAckMs: -1 } });
    phone = world.running.phone;
  });
  afterEach(() => world[Symbol.asyncDispose]());

  /** A connection, and the acks that came over it. */
  function connect(id: string) {
    const acks: unknown[] = [];
    const page = phone.pages.connect(id, (command) => {
      const { cmd, items } = recordOf(command);
      if (cmd === 'acks') acks.push(items);
    });
    return { page, acks };
  }

  const ackAtPhone = () => phone.state.messages.get(ID)?.ack;

  it('answers the connection that sent a message', async () => {
    const { page, acks } = connect('a');
    assert.equal(phone.receive(MESSAGE, page), 'received');
    await until('the answer', () => acks.length > 0);
    assert.deepEqual(acks, [[[ID, 1]]]);
  });

  it('answers no later connection, unless that sends the message again', async () => {
    const first = connect('a');
    phone.receive(MESSAGE, first.page);
    phone.pages.disconnect(first.page);
    const second = connect('b');
    phone.welcome(second.page);
    await until('the server has it', () => ackAtPhone() === 1);
    assert.deepEqual([first.acks, second.acks], [[], []]);
    phone.receive(MESSAGE, second.page);
    assert.deepEqual(second.acks, [[[ID, 1]]]);
  });

  for (const [deliversDuplicates, deliveries] of [
    [false, 1],
    [true, 2],
  ] as const)
    it(`counts ${deliveries} for two stanzas under one id when deliversDuplicates is ${deliversDuplicates}`, async () => {
      await world.control('misbehave', { kind: 'policy', deliversDuplicates });
      for (const add of ['one', 'two']) phone.receive({ ...MESSAGE, add });
      const { port, webPort } = world.running;
      await world.running.close();
      await world.startSandbox({ port, webPort });
      const [message, ...others] = await world.received();
      assert.deepEqual([message?.deliveries, message?.adds, others.length], [deliveries, 2, 0]);
      const { body } = await request(world.origin).get('/sandbox/api/state').expect(200);
      assert.equal(recordOf(body).duplicates, deliveries - 1);
    });

  it('tells a receipt again after a restart, because no page may have heard of it', async () => {
    phone.receive(MESSAGE);
    phone.acknowledge(ID, 3);
    const { port, webPort } = world.running;
    await world.running.close();
    await world.startSandbox({ port, webPort });
    phone = world.running.phone;
    const { page, acks } = connect('b');
    phone.welcome(page);
    assert.deepEqual(acks, [[[ID, 3]]]);
  });

  it('remembers what the server has refused for good', async () => {
    await world.control('misbehave', { kind: 'policy', mode: 'fail-result' });
    assert.equal(phone.receive(MESSAGE), 'refused');
    const { port, webPort } = world.running;
    await world.running.close();
    await world.startSandbox({ port, webPort });
    const { body } = await request(world.origin).get('/sandbox/api/state').expect(200);
    assert.deepEqual(recordOf(body).refused, [ID]);
  });

  it('refuses the first message of a chat when new chats are capped, and no other', async () => {
    await world.control('misbehave', { kind: 'policy', mode: 'cap-new-chats' });
    assert.equal(phone.receive(MESSAGE), 'capped');
    await world.control('incoming', { from: TO, body: 'hello' });
    assert.equal(phone.receive(MESSAGE), 'received');
    assert.equal(
      phone.receive({ ...MESSAGE, id: 'true_1@g.us_3EB0A_2@c.us', chat_id: '1@g.us' }),
      'received',
    );
  });

  it('has what the account writes to itself as read as soon as the server has it', async () => {
    const device = { id: 'd', pn: TO, lid: '1@lid', pushname: 'me' };
    phone.write({ kind: 'linked', device, at: '' });
    phone.receive({ ...MESSAGE, id: `${ID}_out` });
    await until('read', () => phone.state.messages.get(`${ID}_out`)?.ack === 3);
  });
});
