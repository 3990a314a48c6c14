import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { SendAnswer } from '../../../../services/contract/bridge.ts';
import type { PhoneMessage } from '../../../../services/sandbox/phone/journal-records.ts';
import { DOT, fails, kitMessages, PATIENT, sent } from '../../../support/bridge/send-support.ts';
import { type Answer, startWorld, type World } from '../../../support/bridge/world.ts';

const TO = '15552220000@c.us';
const GROUP = '120363000000000001@g.us';
const OLD = 'true_15552220000@c.us_3EB0010D010D010D010D01';

describe('bridge, sending each kind of content', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
    world.sandbox.phone.keep(anOldMessage());
    await world.link({ limits: PATIENT });
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
  });

  const send = (content: object, chatId = TO): Promise<Answer> =>
    world.call('POST', '/send', { chatId, content });

  /** Sends it; gives the answer and what the phone has got. */
  async function sendToPhone(content: object, chatId = TO): Promise<[SendAnswer, PhoneMessage]> {
    const answer = sent(await send(content, chatId));
    const message = world.sandbox.phone.state.messages.get(answer.messageId);
    assert.ok(message, `the phone has no ${answer.messageId}`);
    return [answer, message];
  }

  it('sends a text as it is, though it looks like a contact card', async () => {
    const text = 'BEGIN:VCARD\nFN:no card\nEND:VCARD';
    const [, message] = await sendToPhone({ kind: 'text', text });
    assert.deepEqual([message.type, message.body], ['chat', text]);
  });

  it('answers a message, by its whole id or by its stanza id', async () => {
    const [asked] = await sendToPhone({ kind: 'text', text: 'what?' });
    const { id } = await incoming({ from: TO, body: 'who?' });
    for (const [reply_to, quoted] of [
      [id, id.split('_')[2]],
      [asked.messageId.split('_')[2], asked.messageId.split('_')[2]],
    ]) {
      const [, message] = await sendToPhone({ kind: 'text', text: 'that', reply_to });
      assert.equal(message.details.quotedStanzaID, quoted);
    }
    assert.deepEqual(kitMessages(world).at(-1)?.details.quotedMsg, { body: 'what?', type: 'chat' });
  });

  it('answers in a group, where ids have an author', async () => {
    const { id } = await incoming({ from: GROUP, author: TO, body: 'all of you' });
    const [, message] = await sendToPhone({ kind: 'text', text: 'me, too', reply_to: id }, GROUP);
    assert.match(message.id, /^true_120363000000000001@g\.us_3EB0\w{18}_15550001111@c\.us$/);
    assert.equal(message.details.quotedStanzaID, id.split('_')[2]);
  });

  it('is not_found when there is nothing to answer, and sends nothing', async () => {
    const count = kitMessages(world).length;
    const answer = await send({ kind: 'text', text: 'to what?', reply_to: '3EB0000000000000000000' });
    fails(answer, 404, 'not_found', /reply_to/);
    assert.equal(kitMessages(world).length, count);
  });

  it('names people', async () => {
    const text = '@15553330000 and @15554440000';
    const mentions = ['15553330000@c.us', '+1 555 444 0000'];
    const [, message] = await sendToPhone({ kind: 'text', text, mentions }, GROUP);
    assert.deepEqual(message.details.mentionedJidList, ['15553330000@c.us', '15554440000@c.us']);
  });

  it('sends a picture with its caption, byte for byte', async () => {
    const content = { kind: 'media', mimetype: 'image/png', data: DOT, caption: 'a dot' };
    const [, message] = await sendToPhone(content);
    assert.deepEqual([message.type, message.details.caption], ['image', 'a dot']);
    assert.deepEqual(bytesOf(message), Buffer.from(DOT, 'base64'));
  });

  it('sends a picture as a file with a name, when it is to be a document', async () => {
    const content = {
      kind: 'media',
      mimetype: 'image/png',
      data: DOT,
      filename: 'dot.png',
      as_document: true,
    };
    const [, message] = await sendToPhone(content);
    assert.deepEqual([message.type, message.details.filename], ['document', 'dot.png']);
  });

  it('sends sound as a voice message, or as a file', async () => {
    const content = { kind: 'media', mimetype: 'audio/ogg', data: Buffer.from('Ogg').toString('base64') };
    assert.equal((await sendToPhone({ ...content, as_voice: true }))[1].type, 'ptt');
    assert.equal((await sendToPhone(content))[1].type, 'audio');
  });

  it('sends a medium of some MiB', async () => {
    const data = Buffer.alloc(3 * 1024 ** 2, 7);
    const content = { kind: 'media', mimetype: 'application/zip', data: data.toString('base64') };
    const [, message] = await sendToPhone(content);
    assert.ok(bytesOf(message).equals(data));
  });

  it('sends a place', async () => {
    const place = {
      latitude: 52.5163,
      longitude: 13.3777,
      name: 'Brandenburger Tor',
      address: 'Pariser Platz',
    };
    const [, { type, details }] = await sendToPhone({ kind: 'location', ...place });
    assert.equal(type, 'location');
    assert.deepEqual([details.lat, details.lng], [52.5163, 13.3777]);
    assert.equal(details.loc, 'Brandenburger Tor\nPariser Platz');
  });

  it('sends a contact card', async () => {
    const [, message] = await sendToPhone({ kind: 'contact', name: 'Ada; Ltd', phone_number: '15551234567' });
    assert.deepEqual([message.type, message.details.vcardFormattedName], ['vcard', 'Ada; Ltd']);
    assert.match(message.body ?? '', /FN:Ada\\; Ltd\r\nTEL;[^:]*waid=15551234567:\+15551234567\r\n/);
  });

  it('reacts to a message, and takes it back', async () => {
    const { id } = await incoming({ from: TO, body: 'good news' });
    const reactions = () => world.sandbox.phone.state.messages.get(id)?.reactions;
    const [answer] = await sendToPhone({ kind: 'reaction', target: id, emoji: '👍' });
    assert.deepEqual([answer.messageId, answer.ack, answer.chatId], [id, 1, TO]);
    assert.deepEqual(reactions(), { '15550001111@c.us': '👍' });
    await sendToPhone({ kind: 'reaction', target: id.split('_')[2], emoji: '' });
    assert.deepEqual(reactions(), {});
  });

  it('edits its own text, once or twice', async () => {
    const [{ messageId: target }] = await sendToPhone({ kind: 'text', text: 'drfat' });
    for (const _time of [1, 2]) {
      const [answer, message] = await sendToPhone({ kind: 'edit', target, text: 'draft' });
      assert.deepEqual([answer.messageId, answer.ack], [target, 1]);
      assert.deepEqual([message.body, message.edited], ['draft', true]);
    }
  });

  it('deletes its own message for everyone, once or twice', async () => {
    const [{ messageId: target }] = await sendToPhone({ kind: 'text', text: 'oops' });
    for (const _time of [1, 2]) {
      const [, message] = await sendToPhone({ kind: 'delete', target });
      assert.equal(message.type, 'revoked');
    }
  });

  it('says why it cannot edit or delete', async () => {
    const { id } = await incoming({ from: TO, body: 'not yours' });
    const picture = { kind: 'media', mimetype: 'image/png', data: DOT };
    const [{ messageId }] = await sendToPhone(picture);
    const edit = (target: string) => send({ kind: 'edit', target, text: 'changed' });
    fails(await edit(id), 502, 'send_refused', /not of this account/);
    fails(await edit(messageId), 502, 'send_refused', /no text/);
    fails(await edit(OLD), 502, 'send_refused', /too old/);
    fails(await send({ kind: 'delete', target: id }), 502, 'send_refused', /not let this account delete/);
    fails(await send({ kind: 'delete', target: OLD }), 502, 'send_refused', /or no longer/);
  });

  it('is not_found when there is nothing to react to, edit or delete', async () => {
    const target = '3EB0000000000000000000';
    for (const action of [{ kind: 'reaction', emoji: '👍' }, { kind: 'edit', text: 'x' }, { kind: 'delete' }])
      fails(await send({ ...action, target }), 404, 'not_found', /target/);
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

  async function incoming(body: object): Promise<{ id: string }> {
    const answer = await world.phone('incoming', body);
    assert.ok(typeof answer === 'object' && answer !== null && 'id' in answer);
    return { id: String(answer.id) };
  }

  function bytesOf({ details }: PhoneMessage): Buffer {
    const path = world.sandbox.phone.media.pathOf(String(details.directPath).split('/').at(-1) ?? '');
    return readFileSync(path ?? '');
  }
});

/** Of last week. */
function anOldMessage(): PhoneMessage {
  return {
    id: OLD,
    key: '3EB0010D010D010D010D01',
    from_me: true,
    chat_id: TO,
    type: 'chat',
    body: 'long ago',
    t: Math.floor(Date.now() / 1000) - 7 * 86_400,
    ack: 3,
    details: {},
    origin: 'kit',
    received_at: new Date().toISOString(),
    delivered: true,
  };
}
