import assert from 'node:assert/strict';
import { sharedBrowser } from '../../support/sandbox/shared-browser.ts';
import { type Witness, World } from '../../support/sandbox/world.ts';
import { until } from '../../support/until.ts';

const TO = '15552220000@c.us';

describe('sandbox, with WhatsApp or the page away while sending', () => {
  let world: World;
  let witness: Witness;

  before(async () => {
    world = await World.open();
    witness = await world.startReadyClient();
  });

  after(() => world[Symbol.asyncDispose]());

  async function receivedBodies(): Promise<unknown[]> {
    return (await world.received()).map((message) => message.body);
  }

  it('keeps what is sent offline and delivers it once and in order when back online', async () => {
    await world.control('misbehave', { kind: 'offline' });
    await until('TIMEOUT', async () => (await witness.client.getState()) === 'TIMEOUT');
    for (const body of ['a', 'b']) await witness.client.sendMessage(TO, body);
    const last = await witness.client.sendMessage(TO, 'c');
    assert.deepEqual(await receivedBodies(), []);
    await world.control('misbehave', { kind: 'online' });
    await until('ack 3 of the last', () => witness.acksOf(last.id._serialized).includes(3));
    assert.deepEqual(await receivedBodies(), ['a', 'b', 'c']);
  });

  it('brings messages again when back online, also where the phone hears late of what was before', async () => {
    const heard = (state: string) =>
      until(`the phone hears ${state}`, () => world.running.phone.pages.current?.socketState === state);
    await witness.delay('state', 500);
    await world.control('misbehave', { kind: 'offline' });
    await heard('TIMEOUT');
    await world.control('misbehave', { kind: 'online' });
    await heard('OPENING');
    await heard('CONNECTED');
    await world.control('incoming', { from: TO, body: 'after' });
    assert.equal((await witness.nextMessage()).body, 'after');
  });

  it('delivers after a reload what the page could not before it, with its acks', async () => {
    await world.control('misbehave', { kind: 'offline' });
    const sent = await witness.client.sendMessage(TO, 'before the reload');
    await world.control('misbehave', { kind: 'reload' });
    await until('the page is greeted', () => world.running.phone.pages.current?.socketState === 'TIMEOUT');
    await world.control('misbehave', { kind: 'online' });
    await until('ack 3', () => witness.acksOf(sent.id._serialized).includes(3));
    assert.deepEqual((await receivedBodies()).slice(3), ['before the reload']);
    assert.equal(witness.createdIds().filter((id) => id === sent.id._serialized).length, 1);
  });

  it('delivers after SIGKILL of the browser what it had accepted offline', async () => {
    await world.control('misbehave', { kind: 'offline' });
    const sent = await witness.client.sendMessage(TO, 'before the kill');
    await sharedBrowser.kill();
    await world.control('misbehave', { kind: 'online' });
    witness = await world.startClient();
    await until('it is received', async () => (await receivedBodies()).includes('before the kill'));
    assert.equal((await world.received()).at(-1)?.id, sent.id._serialized);
    assert.equal(witness.all('qr').length, 0);
    await witness.next('ready');
  });

  it('takes the same id twice as one message', async () => {
    const extra = await witness.client.sendMessage(TO, 'once');
    await until('ack 3', () => witness.acksOf(extra.id._serialized).includes(3));
    const { phone } = world.running;
    const [message] = phone.state.find([extra.id._serialized]);
    if (message === undefined) throw new Error('the phone lost the message');
    assert.equal(phone.receive({ ...message, body: 'twice' }), 'received');
    assert.equal((await receivedBodies()).filter((body) => body === 'once').length, 1);
    assert.equal((await receivedBodies()).includes('twice'), false);
  });

  it('keeps a message without an ack in the outbox, and has one message when it is sent again', async () => {
    await world.control('misbehave', { kind: 'policy', mode: 'no-ack' });
    const sent = await witness.client.sendMessage(TO, 'silence');
    await until('it is received', async () => (await receivedBodies()).includes('silence'));
    assert.deepEqual(witness.acksOf(sent.id._serialized), []);
    await world.control('behave');
    await world.control('misbehave', { kind: 'reload' });
    await until('ack 3', () => witness.acksOf(sent.id._serialized).includes(3));
    assert.equal((await receivedBodies()).filter((body) => body === 'silence').length, 1);
  });
});
