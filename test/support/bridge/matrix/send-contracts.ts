import assert from 'node:assert/strict';
import { lidOf, registeredNumber } from '../../../../services/sandbox/web/people/directory.ts';
import { DOT, newId } from '../send-support.ts';
import { EndedOtherwise } from './cells.ts';
import { type Contract, live } from './contract.ts';

const ME = '15550001111';
const DOT_BYTES = 69;
const LINK = 'https://example.com/page';

/** New messages. */
export const SEND_CONTRACTS: Readonly<Record<string, Contract>> = {
  send_text: live(async (scene) => {
    const { message } = await scene.send({ kind: 'text', text: scene.text });
    assert.deepEqual([message.type, message.body, message.chat_id], ['chat', scene.text, scene.person]);
    assert.equal(message.adds?.length, 1);
  }),
  chosen_ids: live(async (scene) => {
    const content = { kind: 'text', text: scene.text } as const;
    const { message, answer, stanzaId } = await scene.send(content);
    const again = await scene.send(content, { stanzaId });
    assert.equal(again.answer.messageId, answer.messageId);
    assert.equal(scene.kept(message).adds?.length, 1);
    if (message.key !== stanzaId) throw new EndedOtherwise('without');
  }),
  send_media: live(async (scene) => {
    const { message } = await scene.send({
      kind: 'media',
      mimetype: 'image/png',
      data: DOT,
      caption: 'a dot',
    });
    const { caption, size } = message.details;
    assert.deepEqual([message.type, caption, size], ['image', 'a dot', DOT_BYTES]);
  }),
  send_location: live(async (scene) => {
    const { message } = await scene.send({
      kind: 'location',
      latitude: 52.5,
      longitude: 13.25,
      name: 'here',
    });
    const { lat, lng, loc } = message.details;
    assert.deepEqual([message.type, lat, lng, loc], ['location', 52.5, 13.25, 'here']);
  }),
  send_contact: live(async (scene) => {
    const { message } = await scene.send({ kind: 'contact', name: 'Ada', phone_number: '15551234567' });
    assert.deepEqual([message.type, message.details.vcardFormattedName], ['vcard', 'Ada']);
  }),
  link_preview: live(async (scene) => {
    const { message } = await scene.send({ kind: 'text', text: `see ${LINK}` });
    assert.equal(message.body, `see ${LINK}`);
    if (message.details.title === undefined) throw new EndedOtherwise('without');
    assert.equal(message.details.title, LINK);
  }),
  recipients: live(async (scene) => {
    const [nobody, written] = ['15559990000', '5541987654321'];
    await scene.world.misbehave('setUnregistered', { numbers: [nobody] });
    const { message } = await scene.send({ kind: 'text', text: scene.text }, { to: `+${written}` });
    assert.notEqual(registeredNumber(written), written);
    assert.equal(message.chat_id, `${registeredNumber(written)}@c.us`);
    const tried = await scene.try({ kind: 'text', text: scene.text }, nobody, newId());
    assert.equal('code' in tried && tried.code, 'recipient_not_on_whatsapp');
  }),
  reply: live(async (scene) => {
    const { whatsapp_id, data } = await scene.incoming();
    const { message } = await scene.send({ kind: 'text', text: scene.text, reply_to: whatsapp_id });
    assert.equal(message.details.quotedStanzaID, data.stanza_id);
  }),
  own_chat: live(async (scene) => {
    const { message, answer } = await scene.send({ kind: 'text', text: scene.text }, { to: ME });
    assert.equal(message.chat_id, `${ME}@c.us`);
    assert.ok(scene.kept(message).ack >= 3, 'a message to oneself is read at once');
    assert.equal((await scene.world.call('GET', `/messages/${answer.messageId}`)).status, 200);
  }),
  own_lid: live(async (scene) => {
    const { message } = await scene.send({ kind: 'text', text: scene.text }, { to: `${lidOf(ME)}@lid` });
    assert.equal(message.chat_id, `${ME}@c.us`);
    assert.ok(scene.kept(message).ack >= 3, 'a message to oneself is read at once');
  }),
};
