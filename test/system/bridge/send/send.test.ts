import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { SendAnswer } from '../../../../services/contract/bridge.ts';
import { chatsAnswerSchema, messagesAnswerSchema } from '../../../../services/contract/bridge.ts';
import type { PhoneMessage } from '../../../../services/sandbox/phone/journal-records.ts';
import {
  DOT,
  fails,
  isPrepared,
  kitMessages,
  newId,
  PATIENT,
  sendsOf,
  sent,
} from '../../../support/bridge/send-support.ts';
import { type Answer, startWorld, type World } from '../../../support/bridge/world.ts';
import { until } from '../../../support/until.ts';

const TO = '15552220000@c.us';
const GROUP = '120363000000000001@g.us';
/** Limits that a busy machine does not reach. */
const LIMITS = { ...PATIENT, initMs: 60_000, readyMs: 60_000, sendMs: 30_000 };
/** Longer than the last test takes. */
const PREPARES = { uploadMs: 600_000, previewMs: 600_000 };
/** A send that hangs in the page is given up after this time. */
const HANG_MS = 3_000;

/**
 * The process of the bridge, its browser and its api together. Each step of the sender is proven in test/unit/bridge/send,
 * the page in test/conformance/bridge. The last tests end the browser and the bridge.
 */
describe('bridge, sending through a real browser', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
    await world.link({ limits: LIMITS });
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
  });

  /** Sends it; gives the answer and what the phone has got. */
  async function sendToPhone(content: object, chatId = TO): Promise<[SendAnswer, PhoneMessage]> {
    const answer = sent(await world.call('POST', '/send', { chatId, content }));
    const message = world.sandbox.phone.state.messages.get(answer.messageId);
    assert.ok(message, `the phone has no ${answer.messageId}`);
    return [answer, message];
  }

  it('answers once the server of WhatsApp has the message, under the id that the caller chose', async () => {
    const stanzaId = newId();
    const answer = sent(await world.send('hello', '+1 (555) 222-0000', { stanza_id: stanzaId }));
    assert.equal(answer.messageId, `true_${TO}_${stanzaId}`);
    assert.equal(answer.chatId, TO);
    assert.ok(answer.ack >= 1);
    assert.deepEqual(world.received(), ['hello']);
    assert.equal((await world.call('GET', `/messages/${stanzaId}`)).status, 200);
    assert.equal((await world.call('GET', '/messages/3EB0000000000000000000')).status, 404);
  });

  it('sends 30 at once, each once', async () => {
    const texts = Array.from({ length: 30 }, (_, number) => `burst ${number}`);
    const answers = await Promise.all(texts.map((text) => world.send(text)));
    assert.equal(new Set(answers.map((answer) => sent(answer).messageId)).size, 30);
    // Each has a connection of its own, so they reach the bridge in any order.
    assert.deepEqual(world.received().slice(-30).sort(), texts.sort());
    for (const text of texts) assert.equal(sendsOf(world, text), 1);
  });

  it('answers with the problem of a send that fails', async () => {
    fails(await world.send('nobody', 'not-a-jid'), 422, 'recipient_invalid');
    const content = { kind: 'text', text: 'to what?', reply_to: '3EB0000000000000000000' };
    fails(await world.call('POST', '/send', { chatId: TO, content }), 404, 'not_found', /reply_to/);
    fails(await world.call('POST', '/send', { chatId: TO }), 400, 'body_invalid');
  });

  it('tells the api of each own message and its acks', async () => {
    const { messageId } = sent(await world.send('followed'));
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
    assert.equal(chats[0]?.id, TO);
    const path = (id: string) => `/chats/${encodeURIComponent(id)}/messages?limit=2`;
    const { messages } = messagesAnswerSchema.parse((await world.call('GET', path(TO))).body);
    assert.deepEqual(
      messages.map(({ body }) => body),
      world.received().slice(-2),
    );
    const unknown = await world.call('GET', path('15557770000@c.us'));
    assert.equal(unknown.status, 404);
    assert.match(JSON.stringify(unknown.body), /chat_unknown/);
    assert.equal((await world.call('GET', '/chats?limit=0')).status, 400);
  });

  it('sends a picture with its caption, and a medium of some MiB, byte for byte', async () => {
    const picture = { kind: 'media', mimetype: 'image/png', data: DOT, caption: 'a dot' };
    const [, message] = await sendToPhone(picture);
    assert.deepEqual([message.type, message.details.caption], ['image', 'a dot']);
    assert.deepEqual(bytesOf(message), Buffer.from(DOT, 'base64'));
    const [, document] = await sendToPhone({ ...picture, filename: 'dot.png', as_document: true });
    assert.deepEqual([document.type, document.details.filename], ['document', 'dot.png']);
    const data = Buffer.alloc(3 * 1024 ** 2, 7);
    const zip = { kind: 'media', mimetype: 'application/zip', data: data.toString('base64') };
    assert.ok(bytesOf((await sendToPhone(zip))[1]).equals(data));
  });

  it('sends each other kind of content, with the preview of a link', async () => {
    const [, link] = await sendToPhone({ kind: 'text', text: 'see https://example.com/page' });
    assert.equal(link.details.title, 'https://example.com/page');
    const [, place] = await sendToPhone({ kind: 'location', latitude: 52.5163, longitude: 13.3777 });
    assert.deepEqual([place.type, place.details.lat], ['location', 52.5163]);
    const [, card] = await sendToPhone({ kind: 'contact', name: 'Ada; Ltd', phone_number: '15551234567' });
    assert.match(card.body ?? '', /FN:Ada\\; Ltd\r\nTEL;[^:]*waid=15551234567:\+15551234567\r\n/);
    const [{ messageId: target }, text] = await sendToPhone({ kind: 'text', text: 'drfat' });
    await sendToPhone({ kind: 'reaction', target, emoji: '👍' });
    await sendToPhone({ kind: 'edit', target, text: 'draft' });
    const kept = () => world.sandbox.phone.state.messages.get(text.id);
    assert.deepEqual([kept()?.body, kept()?.reactions], ['draft', { '15550001111@c.us': '👍' }]);
    await sendToPhone({ kind: 'delete', target });
    assert.equal(kept()?.type, 'revoked');
  });

  it('answers in a group, where ids have an author', async () => {
    const incoming = await world.phone('incoming', { from: GROUP, author: TO, body: 'all of you' });
    assert.ok(typeof incoming === 'object' && incoming !== null && 'id' in incoming);
    const reply_to = String(incoming.id);
    const [, message] = await sendToPhone({ kind: 'text', text: 'me, too', reply_to }, GROUP);
    assert.match(message.id, /^true_120363000000000001@g\.us_3EB0\w{18}_15550001111@c\.us$/);
    assert.equal(message.details.quotedStanzaID, reply_to.split('_')[2]);
  });

  it('keeps what it quoted and named after its page is loaded anew', async () => {
    const [asked] = await sendToPhone({ kind: 'text', text: 'still there?' });
    const content = { kind: 'text', text: 'yes', reply_to: asked.messageId, mentions: [TO] };
    const [{ messageId }] = await sendToPhone(content);
    await world.misbehave('reload');
    await world.untilState('syncing');
    await world.untilState('ready');
    const { body } = await world.call('GET', `/messages/${messageId}`);
    assert.match(JSON.stringify(body), /"quoted_stanza_id":"3EB0.*"mentions":\["15552220000@c.us"\]/);
  });

  it('sends nothing while the link to WhatsApp is down, and goes on when it is back', async () => {
    await world.misbehave('offline');
    await world.untilState('degraded');
    fails(await world.send('while away'), 503, 'whatsapp_not_ready');
    await world.misbehave('online');
    await world.untilState('ready');
    sent(await world.send('back'));
    assert.ok(!world.received().includes('while away'));
  });

  it('finds what a bridge sent that was killed, and ends the browser in which a later send hangs', async () => {
    const [before, id] = [newId(), newId()];
    const first = sent(await world.send('before', TO, { stanza_id: before }));
    await world.stopBridge('SIGKILL');
    await world.startBridge({ limits: { ...LIMITS, ...PREPARES, sendMs: HANG_MS } });
    const { browser_pid: pid = 0, restarts } = await world.untilState('ready');
    assert.equal(sent(await world.send('before', TO, { stanza_id: before })).messageId, first.messageId);
    assert.equal(sendsOf(world, 'before'), 1);

    await world.misbehave('policy', { mode: 'hang-add' });
    const hanging = await world.send('hangs', TO, { stanza_id: id });
    fails(hanging, 504, 'outcome_unknown', new RegExp(`true_${TO}_${id}`));
    await world.misbehave('policy', { mode: 'ok' });
    await world.untilReadyAgain(pid);
    const retry = { since: Math.floor(Date.now() / 1000) - 60, known: [] };
    assert.equal(sent(await world.send('hangs', TO, { stanza_id: id, retry })).messageId, `true_${TO}_${id}`);
    assert.equal(sendsOf(world, 'hangs'), 1);
    assert.equal((await world.status()).restarts, restarts + 1);
  });

  it('adds a code to another chat before a video and six dead links, gives those up when it stops, and exits in order', async () => {
    await world.stopBridge();
    await world.startBridge({
      limits: { ...LIMITS, ...PREPARES, callMs: 60_000, sendMs: 600_000 },
    });
    await world.untilState('ready');
    await world.misbehave('policy', { uploadMs: 3_600_000, previewMs: 3_600_000 });
    const received = kitMessages(world).length;
    const video = { kind: 'media', mimetype: 'video/mp4', data: DOT };
    const links = Array.from({ length: 6 }, (_, n) => ({
      kind: 'text',
      text: `https://example.com/dead/${n}`,
    }));
    const slow: Promise<Answer>[] = [];
    for (const [n, content] of [video, ...links].entries()) {
      const stanza_id = newId();
      slow.push(world.call('POST', '/send', { chatId: `1555222001${n}@c.us`, content, stanza_id }));
      await isPrepared(world, stanza_id);
    }
    sent(await world.send('your code is 123456'));
    const stopped = world.stopBridge();
    for (const answer of slow) fails(await answer, 503, 'whatsapp_not_ready', /the bridge is closing/);
    assert.equal(await stopped, 0, world.log.slice(-12).join('\n'));
    assert.deepEqual(
      kitMessages(world)
        .slice(received)
        .map(({ body }) => body),
      ['your code is 123456'],
    );
  });

  function bytesOf({ details }: PhoneMessage): Buffer {
    const path = world.sandbox.phone.media.pathOf(String(details.directPath).split('/').at(-1) ?? '');
    return readFileSync(path ?? '');
  }
});
