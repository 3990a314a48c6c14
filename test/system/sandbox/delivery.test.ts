import assert from 'node:assert/strict';
import wweb from 'whatsapp-web.js';
import { recordOf } from '../../support/sandbox/sandbox-folder.ts';
import { World } from '../../support/sandbox/world.ts';
import { until } from '../../support/until.ts';

const { Poll } = wweb;

const FROM = '15553330000@c.us';

describe('sandbox, with messages for a client that is away', () => {
  it('delivers them as new ones, once and in order, when the client is up', async () => {
    await using world = await World.open();
    for (const body of ['one', 'two', 'three']) await world.control('incoming', { from: FROM, body });
    const witness = await world.startReadyClient();
    await until('all three', () => witness.all('message').length === 3);
    const bodies = [await witness.nextMessage(), await witness.nextMessage(), await witness.nextMessage()];
    assert.deepEqual(
      bodies.map((message) => message.body),
      ['one', 'two', 'three'],
    );
    await until('they are confirmed', () => world.running.phone.delivery.waitingCount === 0);

    await witness.close();
    await world.control('incoming', { from: FROM, body: 'four' });
    const again = await world.startReadyClient();
    assert.equal((await again.nextMessage()).body, 'four');
    assert.equal(again.all('message').length, 1);
    assert.equal((await again.client.getChatById(FROM)).unreadCount, 4);
  });

  it('tells acks that came while the page was away', async () => {
    await using world = await World.open({ policy: { deviceAckMs: 1_500, readAckMs: 1_600 } });
    const witness = await world.startReadyClient();
    const { id } = await witness.client.sendMessage(FROM, 'slowly read');
    await until('ack 1', () => witness.acksOf(id._serialized).includes(1));
    await world.control('misbehave', { kind: 'offline' });
    await until('read at the phone', () => world.running.phone.state.find([id._serialized])[0]?.ack === 3);
    assert.deepEqual(witness.acksOf(id._serialized), [1]);
    await world.control('misbehave', { kind: 'online' });
    await until('ack 3', () => witness.acksOf(id._serialized).includes(3));
  });
});

describe('sandbox, with polls', () => {
  it('tells votes, by the options of the poll', async () => {
    await using world = await World.open();
    const witness = await world.startReadyClient();
    const sent = await witness.client.sendMessage(FROM, new Poll('Tea?', ['yes', 'no']));
    const id = sent.id._serialized;
    await until('the poll at the phone', async () => (await world.received()).at(-1)?.body === 'Tea?');
    await world.control('misbehave', { kind: 'vote', id, options: [1], from: FROM });
    const [vote] = await witness.next('vote_update');
    assert.deepEqual(recordOf(vote).selectedOptions, [{ name: 'no', localId: 1 }]);
  });
});
