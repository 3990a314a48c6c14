import assert from 'node:assert/strict';
import {
  chatsAnswerSchema,
  messagesAnswerSchema,
  sendAnswerSchema,
} from '../../../../services/contract/bridge.ts';
import { until } from '../../../support/bridge/until.ts';
import { startWorld, type World } from '../../../support/bridge/world.ts';

describe('bridge, sending', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
    await world.link();
  });
  afterEach(async () => {
    await world.phone('behave', {});
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
  });

  it('answers once the server of WhatsApp has the message, under the id that the caller chose', async () => {
    const stanzaId = '3EB0ABCDEF0123456789AB';
    const { status, body } = await world.send('hello', '+1 (555) 222-0000', { stanza_id: stanzaId });
    assert.equal(status, 200, JSON.stringify(body));
    const answer = sendAnswerSchema.parse(body);
    assert.equal(answer.messageId, `true_15552220000@c.us_${stanzaId}`);
    assert.equal(answer.chatId, '15552220000@c.us');
    assert.ok(answer.ack >= 1);
    assert.deepEqual(world.received(), ['hello']);
    assert.equal((await world.call('GET', `/messages/${stanzaId}`)).status, 200);
    assert.equal((await world.call('GET', '/messages/3EB0000000000000000000')).status, 404);
  });

  it('sends many at once one after the other, each once', async () => {
    const texts = Array.from({ length: 30 }, (_, number) => `burst ${number}`);
    const answers = await Promise.all(texts.map((text) => world.send(text)));
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
    // Their order is that of the connections on which they came.
    assert.deepEqual(world.received().slice(-30).sort(), texts.toSorted());
    const ids = answers.map(({ body }) => sendAnswerSchema.parse(body).messageId);
    assert.equal(new Set(ids).size, 30);
  });

  it('sends a message that holds a link', async () => {
    const { status } = await world.send('see https://example.com/page');
    assert.equal(status, 200);
    assert.equal(world.received().at(-1), 'see https://example.com/page');
  });

  it('tells the api of each own message and its acks', async () => {
    const { body } = await world.send('followed');
    const { messageId } = sendAnswerSchema.parse(body);
    await until('the ack 3', () =>
      world.api.ofKind('ack').some((event) => event.whatsapp_id === messageId && event.data.ack === 3),
    );
    const kinds = world.api.events
      .filter((event) => 'whatsapp_id' in event && event.whatsapp_id === messageId)
      .map((event) => event.key.split(':true_')[0]);
    assert.deepEqual(kinds, ['message_sent', 'ack', 'ack', 'ack']);
    assert.ok((await world.status()).last_ack_at);
  });

  it('lists chats and messages, and makes no chat of an unknown one', async () => {
    const { chats } = chatsAnswerSchema.parse((await world.call('GET', '/chats?limit=5')).body);
    assert.equal(chats[0]?.id, '15552220000@c.us');
    const path = (id: string) => `/chats/${encodeURIComponent(id)}/messages?limit=2`;
    const { messages } = messagesAnswerSchema.parse((await world.call('GET', path('15552220000@c.us'))).body);
    assert.deepEqual(
      messages.map(({ body }) => body),
      world.received().slice(-2),
    );
    const unknown = await world.call('GET', path('15557770000@c.us'));
    assert.equal(unknown.status, 404);
    assert.match(JSON.stringify(unknown.body), /chat_unknown/);
    assert.equal((await world.call('GET', '/chats?limit=0')).status, 400);
  });

  it('refuses a number without an account before anything is sent', async () => {
    await world.misbehave('setUnregistered', { numbers: ['15559990000@c.us'] });
    const { status, body } = await world.send('nobody', '15559990000@c.us');
    assert.equal(status, 422);
    assert.match(JSON.stringify(body), /recipient_not_on_whatsapp/);
  });

  it('refuses what is no recipient', async () => {
    const { status, body } = await world.send('nobody', 'not-a-jid');
    assert.equal(status, 422);
    assert.match(JSON.stringify(body), /recipient_invalid/);
  });

  it('answers with ack 0 when no acknowledgement comes in time', async () => {
    await world.misbehave('policy', { mode: 'no-ack' });
    const { status, body } = await world.send('unacknowledged');
    assert.equal(status, 200);
    assert.equal(sendAnswerSchema.parse(body).ack, 0);
  });

  it('sends nothing while the link to WhatsApp is down, and goes on when it is back', async () => {
    await world.misbehave('offline');
    await world.untilState('degraded');
    const { status, body } = await world.send('while away');
    assert.equal(status, 503);
    assert.match(JSON.stringify(body), /whatsapp_not_ready/);
    await world.misbehave('online');
    await world.untilState('ready');
    assert.equal((await world.send('back')).status, 200);
    assert.ok(!world.received().includes('while away'));
  });
});
