import assert from 'node:assert/strict';
import { messageInPage, resendInPage } from '../../support/sandbox/page-sends.ts';
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

  async function goOffline(): Promise<void> {
    await world.control('misbehave', { kind: 'offline' });
  }

  async function reload(): Promise<void> {
    const readyCount = witness.all('ready').length;
    await world.control('misbehave', { kind: 'reload' });
    await until('ready', () => witness.all('ready').length > readyCount);
  }

  it('keeps messages that are sent offline and delivers them once and in order when back online', async () => {
    await goOffline();
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
    await heard('OPENING');
    await world.control('misbehave', { kind: 'online' });
    await heard('CONNECTED');
    await world.control('incoming', { from: TO, body: 'after' });
    assert.equal((await witness.nextMessage()).body, 'after');
  });

  it('shows a message as failed after SIGKILL of the browser, and never sends it by itself', async () => {
    await goOffline();
    const { id } = await witness.client.sendMessage(TO, 'before the kill');
    await sharedBrowser.kill();
    await world.control('misbehave', { kind: 'online' });
    witness = await world.startClient();
    await witness.next('ready');
    const failed = await messageInPage(witness, id._serialized);
    assert.deepEqual([failed?.ack, failed?.isSendFailure], [0, true]);
    // A message of now would come after it.
    await witness.client.sendMessage(TO, 'after the kill');
    await until('the later one', async () => (await receivedBodies()).includes('after the kill'));
    assert.equal((await receivedBodies()).includes('before the kill'), false);
    assert.deepEqual([witness.all('qr').length, witness.createdIds().includes(id._serialized)], [0, false]);
  });

  it('sends a failed message under its own id when it is told to, and only once', async () => {
    await goOffline();
    const { id } = await witness.client.sendMessage(TO, 'retried');
    await world.control('misbehave', { kind: 'reload' });
    await until('the page is loaded', () => world.running.phone.pages.current?.socketState === 'OPENING');
    const readyCount = witness.all('ready').length;
    await world.control('misbehave', { kind: 'online' });
    await until('ready', () => witness.all('ready').length > readyCount);
    assert.equal(await resendInPage(witness, id._serialized), 'OK');
    await until('ack 3', () => witness.acksOf(id._serialized).includes(3));
    assert.equal((await messageInPage(witness, id._serialized))?.isSendFailure, false);
    assert.equal(await resendInPage(witness, id._serialized), undefined);
    const found = (await world.received()).filter((message) => message.id === id._serialized);
    assert.deepEqual(
      found.map(({ body, adds }) => [body, adds]),
      [['retried', 1]],
    );
  });

  it('shows a message as failed that the server had, when the page died before it heard of it', async () => {
    await world.control('misbehave', { kind: 'policy', mode: 'no-ack' });
    const { id } = await witness.client.sendMessage(TO, 'silence');
    await until('it is received', async () => (await receivedBodies()).includes('silence'));
    await reload();
    await world.control('behave');
    world.running.phone.acknowledge(id._serialized, 1);
    world.running.phone.acknowledge(id._serialized, 2);
    // The receipt of the recipient comes; the server's ack, which came before it, does not.
    await until('the receipt', () => witness.acksOf(id._serialized).includes(2));
    assert.deepEqual(witness.acksOf(id._serialized), [2]);
    assert.equal((await messageInPage(witness, id._serialized))?.isSendFailure, true);
    assert.equal(await resendInPage(witness, id._serialized), 'OK');
    assert.equal((await receivedBodies()).filter((body) => body === 'silence').length, 1);
    await reload();
    assert.notEqual((await messageInPage(witness, id._serialized))?.isSendFailure, true);
  });

  it('sends a stanza again that was not answered when the connection was lost', async () => {
    await world.control('misbehave', { kind: 'policy', mode: 'no-ack', deliversDuplicates: true });
    const { id } = await witness.client.sendMessage(TO, 'twice');
    await until('it is received', async () => (await receivedBodies()).includes('twice'));
    await goOffline();
    await world.control('misbehave', { kind: 'policy', mode: 'ok' });
    await world.control('misbehave', { kind: 'online' });
    await until('ack 1', () => witness.acksOf(id._serialized).includes(1));
    const [twice] = (await world.received()).filter((message) => message.id === id._serialized);
    assert.deepEqual([twice?.deliveries, twice?.adds], [2, 1]);
  });

  it('loses a message that was announced when the page dies before it is stored', async () => {
    await world.control('behave');
    await world.control('misbehave', { kind: 'settings', storeMs: 3_600_000 });
    await reload();
    const countBefore = witness.createdIds().length;
    witness.client.sendMessage(TO, 'never stored').catch(() => undefined);
    await until('it is announced', () => witness.createdIds().length > countBefore);
    const id = witness.createdIds().at(-1) ?? '';
    assert.equal((await messageInPage(witness, id))?.ack, 0);
    await world.control('behave');
    await reload();
    assert.equal(await messageInPage(witness, id), undefined);
  });
});
