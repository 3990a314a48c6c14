import assert from 'node:assert/strict';
import wweb from 'whatsapp-web.js';
import { recordOf } from '../../support/sandbox/sandbox-folder.ts';
import { type Witness, World } from '../../support/sandbox/world.ts';
import { until } from '../../support/until.ts';

const { Poll } = wweb;

const FROM = '15553330000@c.us';

/** What the page has of the chat. */
async function bodiesOf(witness: Witness): Promise<string[]> {
  const bodies: unknown = await witness.client.pupPage?.evaluate(
    `window.require('WAWebCollections').Msg.getModelsArray().filter((msg) => msg.type === 'chat' && String(msg.id.remote) === '${FROM}').map((msg) => msg.body)`,
  );
  return Array.isArray(bodies) ? bodies.map(String) : [];
}

function bodiesHeard(witness: Witness): unknown[] {
  return witness.all('message').map(({ values: [message] }) => recordOf(message).body);
}

describe('sandbox, with messages for a client that is away', () => {
  it('delivers them as new ones, once and in order, and those before the link as history', async () => {
    await using world = await World.open();
    await world.control('incoming', { from: FROM, body: 'before the link' });
    const first = await world.startReadyClient();
    await until('the history', async () => (await bodiesOf(first)).length === 1);
    assert.equal(world.running.phone.delivery.waitingCount, 0);
    await first.close();
    for (const body of ['one', 'two', 'three']) await world.control('incoming', { from: FROM, body });
    const again = await world.startReadyClient();
    await until('they are confirmed', () => world.running.phone.delivery.waitingCount === 0);
    assert.deepEqual(await bodiesOf(again), ['before the link', 'one', 'two', 'three']);
    assert.equal((await again.client.getChatById(FROM)).unreadCount, 4);
    await world.control('incoming', { from: FROM, body: 'four' });
    await until('the library hears it', () => bodiesHeard(again).includes('four'));
    assert.deepEqual(new Set(bodiesHeard(again)).size, bodiesHeard(again).length);
    assert.equal(bodiesHeard(first).length, 0);
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
