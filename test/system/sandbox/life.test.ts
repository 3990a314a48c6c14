import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import wweb from 'whatsapp-web.js';
import { recordOf } from '../../support/sandbox/sandbox-folder.ts';
import { DOT, type Witness, World } from '../../support/sandbox/world.ts';
import { until } from '../../support/until.ts';

const { MessageMedia } = wweb;
const TO = '15552220000@c.us';
const FROM = '15553330000@c.us';

describe('sandbox, through the whole life of a whatsapp-web.js client', () => {
  let world: World;
  let witness: Witness;

  before(async () => {
    world = await World.open({ ownBrowsers: true });
    witness = await world.startClient();
  });

  after(() => world[Symbol.asyncDispose]());

  it('shows the same QR code to the client and to the phone, and another one on demand', async () => {
    const [first] = await witness.next('qr');
    await until('the phone sees the code', () => world.running.phone.pages.current?.qr?.text === first);
    await world.control('misbehave', { kind: 'rotate' });
    const [second] = await witness.next('qr');
    assert.notEqual(second, first);
  });

  it('shows a code to the phone before the client tells of it', async () => {
    await witness.delay('qr', 500);
    const seen = new Promise((resolve) => {
      witness.client.once('qr', (code) => resolve(code === world.running.phone.pages.current?.qr?.text));
    });
    await world.control('misbehave', { kind: 'rotate' });
    assert.equal(await seen, true);
    await witness.next('qr');
  });

  it('is ready after a scan, under the scanned account', async () => {
    await world.control('scan', { phone: '+1 (555) 000-1234', pushname: 'Ada' });
    await witness.next('authenticated');
    await witness.next('ready');
    assert.equal(witness.client.info.wid._serialized, '15550001234@c.us');
    assert.equal(witness.client.info.pushname, 'Ada');
    assert.equal(await witness.client.getState(), 'CONNECTED');
  });

  it('refuses a second scan, for want of a code', async () => {
    await assert.rejects(world.control('scan'), /409/);
  });

  it('takes a message to the phone and acknowledges it as sent, delivered and read', async () => {
    const sent = await witness.client.sendMessage(TO, 'hello https://example.com/x');
    const id = sent.id._serialized;
    assert.match(id, /^true_15552220000@c\.us_3EB0/);
    await until('ack 3', () => witness.acksOf(id).includes(3));
    assert.deepEqual(witness.acksOf(id), [1, 2, 3]);
    const [received] = await world.received();
    assert.equal(received?.id, id);
    assert.equal(received?.chat_id, TO);
    assert.equal(received?.body, 'hello https://example.com/x');
    assert.match(String(received?.received_at), /^\d{4}-\d\d-\d\dT/);
  });

  it('brings a text from a number in a common form, which can be answered', async () => {
    await world.control('incoming', { from: '+1 555 333-0000', body: 'hi there', name: 'Alice' });
    const message = await witness.nextMessage();
    assert.equal(message.from, FROM);
    assert.equal(message.body, 'hi there');
    const contact = await message.getContact();
    assert.equal(contact.pushname, 'Alice');
    const chat = await message.getChat();
    assert.equal(chat.unreadCount, 1);
    const reply = await message.reply('re: hi');
    assert.equal(reply.body, 're: hi');
    await until('the reply at the phone', async () =>
      (await world.received()).some((item) => item.body === 're: hi' && item.quoted === message.id.id),
    );
    assert.equal(world.running.phone.state.chat(FROM)?.unread, 0);
  });

  it('carries media both ways, byte for byte', async () => {
    const media = new MessageMedia('image/png', DOT, 'dot.png');
    const sent = await witness.client.sendMessage(TO, media, { caption: 'a dot' });
    assert.equal(sent.type, 'image');
    assert.equal((await sent.downloadMedia()).data, DOT);
    await until('the picture at the phone', async () => (await world.received()).at(-1)?.body === 'a dot');
    await world.control('incoming', {
      from: FROM,
      media: { mimetype: 'image/png', data: DOT, filename: 'in.png', caption: 'look' },
    });
    const message = await witness.nextMessage();
    assert.equal(message.body, 'look');
    const received = await message.downloadMedia();
    assert.deepEqual([received.mimetype, received.data], ['image/png', DOT]);
  });

  it('has groups, with an author to each message', async () => {
    const from = '120363000000000001@g.us';
    await world.control('incoming', { from, author: '15556660000', body: 'in a group' });
    const message = await witness.nextMessage();
    assert.equal(message.author, '15556660000@c.us');
    const chat = await message.getChat();
    assert.equal(chat.isGroup, true);
    const sent = await witness.client.sendMessage(from, 'to all');
    assert.match(sent.id._serialized, /^true_120363000000000001@g\.us_3EB0\w+_15550001234@c\.us$/);
  });

  it('edits, revokes, decrypts late, reacts, calls and types on the phone', async () => {
    const { id } = await world.control('incoming', { from: FROM, body: 'first' });
    await witness.nextMessage();
    await world.control('misbehave', { kind: 'edit', id, body: 'second' });
    const [, body, former] = await witness.next('message_edit');
    assert.deepEqual([body, former], ['second', 'first']);
    await world.control('misbehave', { kind: 'reaction', id, text: '👍', from: FROM });
    const [reaction] = await witness.next('message_reaction');
    assert.equal(recordOf(reaction).reaction, '👍');
    await world.control('misbehave', { kind: 'revoke', id });
    await witness.next('message_revoke_everyone');
    await world.control('misbehave', { kind: 'ciphertext', from: FROM, body: 'late', resolveMs: 50 });
    await witness.next('message_ciphertext');
    assert.equal((await witness.nextMessage()).body, 'late');
    await world.control('misbehave', { kind: 'call', from: FROM, way: 'map' });
    await witness.next('call');
    await world.control('misbehave', { kind: 'fromPhone', to: TO, body: 'typed on the phone' });
    await until('the typed message', () => witness.createdIds().some((made) => made.includes('_3A')));
  });

  it('tells the phone of the client’s own edits, reactions and deletions', async () => {
    const sent = await witness.client.sendMessage(TO, 'drfat');
    await until('it is received', async () => (await world.received()).some((item) => item.body === 'drfat'));
    await sent.edit('draft');
    await sent.react('👀');
    const edited = (await world.received()).at(-1);
    assert.deepEqual([edited?.body, edited?.edited], ['draft', true]);
    assert.deepEqual(edited?.reactions, { '15550001234@c.us': '👀' });
    await sent.delete(true);
    await until('it is revoked', async () => (await world.received()).at(-1)?.type === 'revoked');
  });

  it('knows who is not on WhatsApp', async () => {
    await world.control('misbehave', { kind: 'setUnregistered', numbers: ['15559990000'] });
    assert.equal(await witness.client.getNumberId('15559990000'), null);
    await assert.rejects(witness.client.sendMessage('15559990000@c.us', 'x'), /No LID for user/);
    assert.notEqual(await witness.client.getNumberId('15554440000'), null);
  });

  it('fails sends in the ways asked for', async () => {
    await world.control('misbehave', { kind: 'policy', mode: 'fail-add' });
    await assert.rejects(witness.client.sendMessage(TO, 'never added'), /could not add/);
    await world.control('misbehave', { kind: 'policy', mode: 'fail-result' });
    const refused = await witness.client.sendMessage(TO, 'refused');
    await until('ack -1', () => witness.acksOf(refused.id._serialized).includes(-1));
    await world.control('misbehave', { kind: 'policy', mode: 'fail-upload' });
    await assert.rejects(witness.client.sendMessage(TO, new MessageMedia('image/png', DOT)), /upload failed/);
    await world.control('behave');
    const bodies = (await world.received()).map((item) => item.body);
    assert.deepEqual(
      bodies.filter((body) => body === 'never added' || body === 'refused'),
      [],
    );
  });

  it('loses its connection to another browser, and comes back without a code', async () => {
    await world.control('misbehave', { kind: 'conflict' });
    assert.deepEqual(await witness.next('disconnected'), ['CONFLICT']);
    await until('the browser is closed', () => witness.client.pupBrowser?.connected === false);
    witness = await world.startClient();
    await witness.next('ready');
    assert.equal(witness.all('qr').length, 0);
  });

  it('forgets the login when the page logs out, and leaves by another load', async () => {
    const ofThisProfile = join(world.folder, 'profiles', 'session-a', 'of-this-profile');
    writeFileSync(ofThisProfile, '');
    // Not `client.logout()`: it closes the browser at once, and the server may never hear of it.
    await witness.client.pupPage?.evaluate("window.require('WAWebSocketModel').Socket.logout()");
    assert.deepEqual(await witness.next('disconnected'), ['LOGOUT']);
    assert.equal(world.running.phone.state.devices.size, 0);
    await until('the library has deleted the profile', () => !existsSync(ofThisProfile));
    await witness.close();
    witness = await world.startClient();
    await witness.next('qr');
  });
});
