import assert from 'node:assert/strict';
import { composeIncoming } from '../../../../services/sandbox/phone/compose-messages.ts';
import { ModelWorld } from '../../../support/bridge/model-world.ts';
import { DOT, fails, kitMessages, newId, sendsOf, sent } from '../../../support/bridge/send-support.ts';
import type { Answer } from '../../../support/bridge/world.ts';
import { until } from '../../../support/until.ts';

const TO = '15552220000@c.us';
const OTHER = '15552220001@c.us';

describe('bridge, in a page that lets nobody choose ids, after a send of which nobody knows what became of it', () => {
  const since = Math.floor(Date.now() / 1000);
  let world: ModelWorld;

  const send = (content: object, stanza_id: string, more: object = {}, chatId = TO): Promise<Answer> =>
    world.post({ chatId, content, stanza_id, ...more });
  const text = (words: string) => ({ kind: 'text', text: words });
  const retry = (...known: string[]) => ({ retry: { since, known } });

  before(async () => {
    world = new ModelWorld();
    await world.misbehave('settings', { resist: true });
    await world.reload();
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
  });

  const contents = [
    { kind: 'media', mimetype: 'image/png', data: DOT, caption: 'a dot' },
    { kind: 'location', latitude: 52.5, longitude: 13.4, name: 'here' },
    { kind: 'contact', name: 'Ada', phone_number: '15551234567' },
    text('mine'),
  ];
  const sentBefore = new Map<object, { id: string; messageId: string }>();

  it('tells the id that the message has got', async () => {
    for (const content of contents) {
      const id = newId();
      const { messageId } = sent(await send(content, id));
      assert.ok(!messageId.endsWith(id));
      assert.equal(kitMessages(world).at(-1)?.id, messageId);
      sentBefore.set(content, { id, messageId });
    }
  });

  it('finds each by its likeness, once the bridge that sent it has been killed', async () => {
    await world.restartBridge();
    for (const [content, { id, messageId }] of sentBefore)
      assert.equal(sent(await send(content, id, retry())).messageId, messageId);
    assert.equal(kitMessages(world).length, contents.length);
  });

  it('takes none that belongs to another send, of this process or of those that the caller knows', async () => {
    const { messageId } = sentBefore.get(contents[3] ?? {}) ?? { messageId: '' };
    sent(await send(text('mine'), newId(), retry()));
    assert.equal(sendsOf(world, 'mine'), 2);
    const stanzaIds = kitMessages(world)
      .slice(-1)
      .map(({ key }) => key);
    await world.restartBridge();
    const known = [messageId.split('_')[2] ?? '', ...stanzaIds];
    sent(await send(text('mine'), newId(), retry(...known)));
    assert.equal(sendsOf(world, 'mine'), 3);
  });

  it('takes none from before the first try, none typed on the phone, and none of another chat; one that failed it tries again', async () => {
    const { phone } = world.sandbox;
    const earlier = composeIncoming({ from: TO, body: 'not it', key: '3EB0EA211E200000000000' }, phone);
    const own = { from_me: true, origin: 'kit', t: since - 60, delivered: true } as const;
    phone.keep({ ...earlier, ...own, id: `true_${TO}_${earlier.key}` });
    await world.misbehave('fromPhone', { to: TO, body: 'not it' });
    await world.misbehave('policy', { deviceAckMs: -1, readAckMs: -1 });
    const failed = sent(await send(text('not it'), newId()));
    await world.misbehave('ack', { id: failed.messageId, ack: -1 });
    await until(
      'the page has heard of it',
      () => world.sender.acks.of(failed.messageId.split('_')[2] ?? '') < 0,
    );
    sent(await send(text('not it'), newId(), {}, OTHER));
    await world.restartBridge();
    const { messageId } = sent(await send(text('not it'), newId(), retry()));
    assert.equal(messageId, failed.messageId);
    assert.equal(sendsOf(world, 'not it'), 2);
  });

  it('leaves the outcome of a send open that failed in the page: how far it was is not known', async () => {
    await world.misbehave('policy', { mode: 'fail-add' });
    const id = newId();
    fails(await send(text('failed'), id), 504, 'outcome_unknown', /could not add message/);
    await world.behave();
    sent(await send(text('failed'), id, retry()));
    assert.equal(sendsOf(world, 'failed'), 1);
  });

  it('tries one again that the server has refused, without being told that it is a second try', async () => {
    await world.misbehave('policy', { mode: 'fail-result' });
    const id = newId();
    fails(await send(text('refused'), id), 502, 'send_failed', /ack -1/);
    await world.behave();
    sent(await send(text('refused'), id));
    assert.equal(sendsOf(world, 'refused'), 1);
    const own = world.events.filter(
      (event) => event.kind === 'message_sent' && event.message.body === 'refused',
    );
    assert.equal(own.length, 1);
  });

  it('only looks when it is to', async () => {
    const onlyLook = { retry: { since, known: [], only_look: true } };
    fails(await send(text('nowhere'), newId(), onlyLook), 404, 'not_found');
    assert.equal(sendsOf(world, 'nowhere'), 0);
  });

  it('finds what it sent in a page that by now lets ids be chosen', async () => {
    const id = newId();
    await world.misbehave('settings', { resist: true });
    await world.restartBridge();
    const { messageId } = sent(await send(text('from before'), id));
    assert.ok(!messageId.endsWith(id));
    await world.behave();
    await world.restartBridge();
    const chosen = newId();
    assert.ok(sent(await send(text('something else'), chosen)).messageId.endsWith(chosen));
    assert.equal(sent(await send(text('from before'), id, retry())).messageId, messageId);
    assert.equal(sendsOf(world, 'from before'), 1);
  });
});
