import assert from 'node:assert/strict';
import type { Client } from 'whatsapp-web.js';
import wweb from 'whatsapp-web.js';
import { composeIncoming } from '../../../services/sandbox/phone/compose-messages.ts';
import { SYSTEM_MESSAGE_TYPES } from '../../../services/sandbox/web/people/system-messages.ts';
import { DOT, type Witness, World } from '../../support/sandbox/world.ts';
import { until } from '../../support/until.ts';

const { MessageMedia } = wweb;
const FROM = '15553330000@c.us';

describe('sandbox, after a reload of the page', () => {
  let world: World;
  let witness: Witness;
  const ids: string[] = [];

  before(async () => {
    world = await World.open();
    witness = await world.startReadyClient();
    const sent = await witness.client.sendMessage(FROM, 'one');
    await until('ack 3', () => witness.acksOf(sent.id._serialized).includes(3));
    await world.control('incoming', { from: FROM, body: 'two' });
    const heard = await witness.nextMessage();
    const pictured = await heard.reply(new MessageMedia('image/png', DOT, 'dot.png'), undefined, {
      caption: 'three',
    });
    ids.push(sent.id._serialized, heard.id._serialized, pictured.id._serialized);
    await until('all is confirmed', async () => world.running.phone.delivery.waitingCount === 0);
    await until('ack 3 of the picture', () => witness.acksOf(pictured.id._serialized).includes(3));
    const { phone } = world.running;
    await until('the page to have confirmed the acks', () =>
      phone.shown(phone.state.find([sent.id._serialized])).every(({ ack }) => ack === 3),
    );
    await world.control('misbehave', { kind: 'reload' });
    await witness.next('ready');
  });

  after(() => world[Symbol.asyncDispose]());

  it('announces no message a second time', () => {
    assert.deepEqual(witness.createdIds(), ids);
    assert.equal(witness.all('message').length, 1);
  });

  it('finds each message by its id, with its last ack', async () => {
    for (const id of ids) assert.equal((await witness.client.getMessageById(id)).id._serialized, id);
    assert.equal((await witness.client.getMessageById(ids[0] ?? '')).ack, 3);
  });

  it('lists the chat in order', async () => {
    assert.deepEqual(await bodiesOf(witness.client, 10), ['one', 'two', 'three']);
  });

  it('still has the media', async () => {
    const pictured = await witness.client.getMessageById(ids[2] ?? '');
    assert.equal((await pictured.downloadMedia()).data, DOT);
  });

  it('gives messages beyond those loaded, on demand', async () => {
    const { phone } = world.running;
    // The page loads 200 messages with its start, and 200 more at a time.
    for (let n = 0; n < 450; n++) phone.keep(composeIncoming({ from: FROM, body: `more ${n}` }, phone));
    await until('all are shown', () => phone.delivery.waitingCount === 0);
    await world.control('misbehave', { kind: 'reload' });
    await witness.next('ready');
    const announced = witness.all('message').length;
    assert.equal((await witness.client.getMessageById(ids[0] ?? '')).body, 'one');
    const bodies = await bodiesOf(witness.client, 1000);
    assert.equal(bodies.length, 453);
    assert.deepEqual(bodies.slice(0, 4), ['one', 'two', 'three', 'more 0']);
    assert.equal(witness.all('message').length, announced);
  });
});

async function bodiesOf(client: Client, limit: number): Promise<string[]> {
  const chat = await client.getChatById(FROM);
  // The library also gives the system messages with which a chat begins.
  const messages = (await chat.fetchMessages({ limit })).filter(
    ({ type }) => !SYSTEM_MESSAGE_TYPES.includes(type),
  );
  return messages.map((message) => message.body);
}
