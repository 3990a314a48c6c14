import assert from 'node:assert/strict';
import { ModelWorld } from '../../../support/bridge/model-world.ts';
import { DOT, fails, kitMessages, sendsOf, sent } from '../../../support/bridge/send-support.ts';

const TO = '15552220000@c.us';

describe('bridge, a send that fails', () => {
  let world: ModelWorld;
  beforeEach(async () => {
    world = new ModelWorld();
    await world.untilReady();
  });
  afterEach(async () => {
    await world[Symbol.asyncDispose]();
  });

  it("is send_refused, with the code, when WhatsApp's server refused it", async () => {
    await world.misbehave('policy', { mode: 'fail-result' });
    const answer = await world.send('refused');
    fails(answer, 502, 'send_refused', /error \d+/);
  });

  it('is send_failed, and may be tried again, when the page did not add it', async () => {
    await world.misbehave('policy', { mode: 'fail-add' });
    const chosen = { stanza_id: '3EB0ADD00000000000000A' };
    fails(await world.send('not added', TO, chosen), 502, 'send_failed', /could not add message/);
    await world.behave();
    const { messageId } = sent(await world.send('not added', TO, chosen));
    assert.equal(messageId, `true_${TO}_${chosen.stanza_id}`);
    assert.equal(sendsOf(world, 'not added'), 1);
  });

  it('is send_failed when the upload of its medium fails', async () => {
    await world.misbehave('policy', { mode: 'fail-upload' });
    const content = { kind: 'media', mimetype: 'image/png', data: DOT };
    fails(await world.post({ chatId: TO, content }), 502, 'send_failed', /upload failed/);
  });

  it('is media_unusable when its medium is not base64', async () => {
    const content = { kind: 'media', mimetype: 'image/png', data: '§§§' };
    fails(await world.post({ chatId: TO, content }), 422, 'media_unusable', /not base64/);
  });

  it('is body_invalid with both a text and a content, or neither', async () => {
    const content = { kind: 'text', text: 'x' };
    fails(await world.post({ chatId: TO, message: 'x', content }), 400, 'body_invalid');
    fails(await world.post({ chatId: TO }), 400, 'body_invalid');
  });

  it('is recipient_invalid for a recipient or a mention that is nobody', async () => {
    const content = { kind: 'text', text: 'hi @you', mentions: ['you'] };
    fails(await world.post({ chatId: TO, content }), 422, 'recipient_invalid', /\\"you\\"/);
    fails(await world.send('nobody', 'not-a-jid'), 422, 'recipient_invalid');
    assert.deepEqual(kitMessages(world), []);
  });

  it('is recipient_not_on_whatsapp for a number without an account, until it has one', async () => {
    const nobody = '15559990000@c.us';
    await world.misbehave('setUnregistered', { numbers: [nobody] });
    fails(await world.send('nobody', nobody), 422, 'recipient_not_on_whatsapp');
    assert.deepEqual(kitMessages(world), []);
    await world.behave();
    sent(await world.send('somebody', nobody));
  });

  it('is chat_unknown for a channel that WhatsApp does not open', async () => {
    fails(await world.send('to nobody', '120363000000000399@newsletter'), 404, 'chat_unknown');
  });

  it('is whatsapp_not_ready while the link to WhatsApp is down, and goes on when it is back', async () => {
    await world.misbehave('offline');
    fails(await world.send('while away'), 503, 'whatsapp_not_ready');
    await world.misbehave('online');
    await world.untilReady();
    sent(await world.send('back'));
    assert.deepEqual([sendsOf(world, 'while away'), sendsOf(world, 'back')], [0, 1]);
  });

  it('is recipient_restricted when WhatsApp lets nobody new be written to, and then goes under the same id', async () => {
    const stranger = '15558880000@c.us';
    const friend = '15558880001@c.us';
    world.incoming({ from: friend, body: 'write to me' });
    await world.misbehave('policy', { mode: 'restrict-cold' });
    const chosen = { stanza_id: '3EB0C01D0000000000000A' };
    fails(await world.send('cold', stranger, chosen), 429, 'recipient_restricted', /463/);
    sent(await world.send('warm', friend));
    await world.behave();
    const { messageId } = sent(await world.send('cold', stranger, chosen));
    assert.equal(messageId, `true_${stranger}_${chosen.stanza_id}`);
    assert.equal(sent(await world.send('cold', stranger, chosen)).messageId, messageId);
    assert.equal(sendsOf(world, 'cold'), 1);
    assert.equal(kitMessages(world).at(-1)?.id, messageId);
  });
});
