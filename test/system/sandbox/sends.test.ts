import assert from 'node:assert/strict';
import wweb from 'whatsapp-web.js';
import { messageInPage } from '../../support/sandbox/page-sends.ts';
import { recordOf } from '../../support/sandbox/sandbox-folder.ts';
import { type Witness, World } from '../../support/sandbox/world.ts';
import { until } from '../../support/until.ts';

const { Location } = wweb;
const TO = '15552220000@c.us';
const FRIEND = '15553330000@c.us';

describe('sandbox, with what a page sends', () => {
  let world: World;
  let witness: Witness;

  before(async () => {
    world = await World.open();
    witness = await world.startReadyClient();
  });

  after(() => world[Symbol.asyncDispose]());

  afterEach(() => world.control('behave'));

  /** As the phone shows it, once it is there. */
  async function atPhone(id: string): Promise<Record<string, unknown>> {
    const find = async () => (await world.received()).find((message) => message.id === id);
    await until(`${id} at the phone`, async () => (await find()) !== undefined);
    return recordOf(await find());
  }

  it('shows places, contact cards, mentions and what was quoted', async () => {
    const place = await witness.client.sendMessage(TO, new Location(52.5, 13.4, { name: 'here' }));
    const { type, location, body } = await atPhone(place.id._serialized);
    assert.deepEqual(location, { latitude: 52.5, longitude: 13.4, name: 'here' });
    assert.deepEqual([type, body], ['location', 'here']);

    const vcard = 'BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada\r\nEND:VCARD';
    const extra = { type: 'vcard', vcardFormattedName: 'Ada' };
    const card = await witness.client.sendMessage(TO, vcard, { parseVCards: false, extra });
    const shown = await atPhone(card.id._serialized);
    assert.deepEqual([shown.type, shown.contact, shown.body], ['vcard', 'Ada', vcard]);

    const reply = await witness.client.sendMessage(TO, 'see @15553330000', {
      quotedMessageId: place.id._serialized,
      mentions: [FRIEND],
    });
    const { mentions, quoted } = await atPhone(reply.id._serialized);
    assert.deepEqual([mentions, quoted], [[FRIEND], place.id.id]);
  });

  it('counts how often the page was told to send an id, also over its own restart', async () => {
    const key = '3EB0ADD5ADD5ADD5ADD5AD';
    await witness.client.pupPage?.evaluate(`require('WAWebMsgKey').newId = async () => '${key}'`);
    for (const words of ['one id', 'one id']) await witness.client.sendMessage(TO, words);
    const id = `true_${TO}_${key}`;
    await until('both', async () => (await atPhone(id)).adds === 2);
    const { port, webPort } = world.running;
    await world.running.close();
    await world.startSandbox({ port, webPort });
    assert.equal(world.running.phone.state.messages.get(id)?.adds?.length, 2);
    // The page itself may not have noticed yet that the sandbox was away.
    await until('the page is back', () => world.running.phone.pages.current?.isUp === true);
  });

  it('has a stored message that was not sent in a reloaded page, before it has synced', async () => {
    await world.control('misbehave', { kind: 'settings', syncMs: 600 });
    await world.control('misbehave', { kind: 'offline' });
    const page = witness.client.pupPage;
    await page?.evaluate(`require('WAWebMsgKey').newId = async () => '3EB0AAAAAAAAAAAAAAAAAA'`);
    const { id } = await witness.client.sendMessage(TO, 'stored');
    const readyCount = witness.all('ready').length;
    const watch = await page?.evaluateOnNewDocument(`setInterval(() => {
      if (!window.require || window.isWatched) return;
      const { Socket } = require('WAWebSocketModel');
      window.isWatched = true;
      Socket.on('change:hasSynced', () => {
        window.wasThere ??= require('WAWebCollections').Msg.get('${id._serialized}') !== undefined;
      });
    }, 1)`);
    await world.control('misbehave', { kind: 'reload' });
    await until('the page is loaded', () => world.running.phone.pages.current?.socketState === 'OPENING');
    await world.control('misbehave', { kind: 'online' });
    await until('ready', () => witness.all('ready').length > readyCount);
    if (watch !== undefined) await page?.removeScriptToEvaluateOnNewDocument(watch.identifier);
    assert.equal(await page?.evaluate('window.wasThere'), true);
    assert.equal((await messageInPage(witness, id._serialized))?.isSendFailure, true);
  });

  it('lets a restricted account write to those who wrote, and to groups, and to nobody else', async () => {
    await world.control('incoming', { from: FRIEND, body: 'hi' });
    await world.control('misbehave', { kind: 'policy', mode: 'restrict-cold' });
    const cold = await witness.client.sendMessage('15557770000@c.us', 'cold');
    await until('ack -1', () => witness.acksOf(cold.id._serialized).includes(-1));
    for (const chatId of [FRIEND, '120363000000000001@g.us'])
      await atPhone((await witness.client.sendMessage(chatId, 'warm')).id._serialized);
    assert.equal(
      (await world.received()).some(({ body }) => body === 'cold'),
      false,
    );
  });

  it('resists whoever would choose ids, when told to', async () => {
    await world.control('misbehave', { kind: 'settings', resist: true });
    const readyCount = witness.all('ready').length;
    await world.control('misbehave', { kind: 'reload' });
    await until('ready', () => witness.all('ready').length > readyCount);
    await witness.client.pupPage?.evaluate(`(() => {
      require('WAWebMsgKey').newId = async () => 'chosen';
      require('WAWebSendMsgChatAction').addAndSendMsgToChat = () => { throw new Error('replaced'); };
    })()`);
    const { id } = await witness.client.sendMessage(TO, 'as it likes');
    assert.match(id.id, /^3EB0/);
  });
});
