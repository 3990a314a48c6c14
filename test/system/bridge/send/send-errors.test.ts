import assert from 'node:assert/strict';
import { DOT, fails, kitMessages, PATIENT, sendsOf, sent } from '../../../support/bridge/send-support.ts';
import { startWorld, type World } from '../../../support/bridge/world.ts';

const TO = '15552220000@c.us';

describe('bridge, a send that fails', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
    await world.link({ limits: PATIENT });
  });
  afterEach(async () => {
    await world.phone('behave', {});
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
  });

  it('is send_refused when WhatsApp gave it the ack -1', async () => {
    await world.misbehave('policy', { mode: 'fail-result' });
    const answer = await world.send('refused');
    fails(answer, 502, 'send_refused', /ack -1/);
  });

  it('is send_failed, and may be tried again, when the page did not add it', async () => {
    await world.misbehave('policy', { mode: 'fail-add' });
    const chosen = { stanza_id: '3EB0ADD00000000000000A' };
    fails(await world.send('not added', TO, chosen), 502, 'send_failed', /could not add message/);
    await world.phone('behave', {});
    const { messageId } = sent(await world.send('not added', TO, chosen));
    assert.equal(messageId, `true_${TO}_${chosen.stanza_id}`);
    assert.equal(sendsOf(world, 'not added'), 1);
  });

  it('is send_failed when the upload of its medium fails', async () => {
    await world.misbehave('policy', { mode: 'fail-upload' });
    const content = { kind: 'media', mimetype: 'image/png', data: DOT };
    const answer = await world.call('POST', '/send', { chatId: TO, content });
    fails(answer, 502, 'send_failed', /upload failed/);
  });

  it('is media_unusable when its medium is not base64', async () => {
    const content = { kind: 'media', mimetype: 'image/png', data: '§§§' };
    const answer = await world.call('POST', '/send', { chatId: TO, content });
    fails(answer, 422, 'media_unusable', /not base64/);
  });

  it('is body_invalid with both a text and a content, or neither', async () => {
    const content = { kind: 'text', text: 'x' };
    fails(await world.call('POST', '/send', { chatId: TO, message: 'x', content }), 400, 'body_invalid');
    fails(await world.call('POST', '/send', { chatId: TO }), 400, 'body_invalid');
  });

  it('is recipient_invalid for a mention that is nobody', async () => {
    const content = { kind: 'text', text: 'hi @you', mentions: ['you'] };
    fails(await world.call('POST', '/send', { chatId: TO, content }), 422, 'recipient_invalid', /\\"you\\"/);
  });

  it('is recipient_restricted when WhatsApp lets nobody new be written to, and then goes under another id', async () => {
    const stranger = '15558880000@c.us';
    const friend = '15558880001@c.us';
    await world.phone('incoming', { from: friend, body: 'write to me' });
    await world.misbehave('policy', { mode: 'restrict-cold' });
    const chosen = { stanza_id: '3EB0C01D0000000000000A' };
    fails(await world.send('cold', stranger, chosen), 429, 'recipient_restricted', /463/);
    sent(await world.send('warm', friend));
    await world.phone('behave', {});
    const { messageId } = sent(await world.send('cold', stranger, chosen));
    assert.notEqual(messageId, `true_${stranger}_${chosen.stanza_id}`);
    assert.equal(sent(await world.send('cold', stranger, chosen)).messageId, messageId);
    assert.equal(sendsOf(world, 'cold'), 1);
    assert.equal(kitMessages(world).at(-1)?.id, messageId);
  });
});
