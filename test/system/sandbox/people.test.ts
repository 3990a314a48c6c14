import assert from 'node:assert/strict';
import { lidOf } from '../../../services/sandbox/web/people/directory.ts';
import { recordOf } from '../../support/sandbox/sandbox-folder.ts';
import { type Witness, World } from '../../support/sandbox/world.ts';
import { until } from '../../support/until.ts';

const ALICE = '15552220000';
const BOB = '15553330000';
const STRANGER = '15554440000';
const WITHOUT_LID = '15550990001';
const lid = (number: string) => `${lidOf(number)}@lid`;

/** What a piece of source gives in the page; ids as texts. */
async function inPage(witness: Witness, source: string): Promise<unknown> {
  return witness.client.pupPage?.evaluate(`(async () => {
    const { createWid } = window.require('WAWebWidFactory');
    const { Chat, Msg, WAWebNewsletterCollection } = window.require('WAWebCollections');
    const { getCurrentLid, getPhoneNumber } = window.require('WAWebApiContact');
    const { findOrCreateLatestChat } = window.require('WAWebFindChatAction');
    const { queryWidExists } = window.require('WAWebQueryExistsJob');
    return ${source};
  })()`);
}

async function stateOf(world: World): Promise<Record<string, unknown>> {
  return recordOf(await (await fetch(`${world.origin}/sandbox/api/state`)).json());
}

describe('sandbox, with people who have LIDs', () => {
  let world: World;
  let witness: Witness;

  before(async () => {
    world = await World.open();
    witness = await world.startReadyClient();
  });
  after(() => world[Symbol.asyncDispose]());

  describe('in an account whose chats are under numbers', () => {
    it('knows the LID of a person only after it has met the person', async () => {
      const pair = `[String(getCurrentLid(createWid('${ALICE}@c.us'))), String(getPhoneNumber(createWid('${lid(ALICE)}')))]`;
      assert.deepEqual(await inPage(witness, pair), ['undefined', 'undefined']);
      const wid = recordOf(await witness.client.getNumberId(ALICE));
      assert.equal(wid._serialized, lid(ALICE));
      assert.deepEqual(await inPage(witness, pair), [lid(ALICE), `${ALICE}@c.us`]);
    });

    it('answers with the number of a person who has no LID', async () => {
      assert.equal(
        recordOf(await witness.client.getNumberId(WITHOUT_LID))._serialized,
        `${WITHOUT_LID}@c.us`,
      );
    });

    it('finds the chat of the number for a LID, and no chat for a LID whose number it does not know', async () => {
      const chatOf = (id: string) => `String((await findOrCreateLatestChat(createWid('${id}'))).chat.id)`;
      assert.equal(await inPage(witness, chatOf(lid(ALICE))), `${ALICE}@c.us`);
      await assert.rejects(
        inPage(witness, chatOf(lid(STRANGER))),
        /could not find phone number for lid while enforcing pre-migration rules/,
      );
    });

    it('throws when the server refuses to look up a number', async () => {
      await world.control('misbehave', { kind: 'policy', usyncError: 429 });
      await assert.rejects(witness.client.getNumberId(STRANGER), /rate-overlimit/);
      await world.control('behave');
    });

    it('maps a typed number to the form under which the account is registered', async () => {
      const [typed, registered] = ['5531987654321', '553187654321'];
      assert.equal(recordOf(await witness.client.getNumberId(typed))._serialized, lid(registered));
      await assert.rejects(witness.client.sendMessage(`${typed}@c.us`, 'x'), /No LID for user/);
      const { chat_id } = await world.control('incoming', { from: typed, body: 'from Brazil' });
      assert.equal(chat_id, `${registered}@c.us`);
      assert.equal((await witness.nextMessage()).from, chat_id);
    });

    it('begins a chat with system messages, which the library tells like messages of people', async () => {
      const typesOf = () =>
        witness.all('system_message').map(({ values: [message] }) => recordOf(message).type);
      await until('those of the chats before', () => typesOf().length === 3);
      await world.control('incoming', { from: BOB, body: 'hello' });
      assert.equal((await witness.nextMessage()).body, 'hello');
      assert.deepEqual(typesOf().slice(3), ['e2e_notification', 'notification_template']);
      assert.equal(
        await inPage(
          witness,
          `Chat.get('${BOB}@c.us').msgs.getModelsArray().some((msg) => 'isNotification' in msg)`,
        ),
        false,
      );
      assert.equal((await witness.client.getChatById(`${BOB}@c.us`)).unreadCount, 1);
    });

    it('hears what another device of the account reads', async () => {
      await world.control('misbehave', { kind: 'readElsewhere', chat_id: BOB });
      await until('no message is unread', async () => {
        return (await witness.client.getChatById(`${BOB}@c.us`)).unreadCount === 0;
      });
    });

    it('hears what another device of the account writes, and its acks', async () => {
      const { id } = await world.control('misbehave', {
        kind: 'fromDevice',
        to: ALICE,
        body: 'from the office',
      });
      assert.match(String(id), /^true_15552220000@c\.us_3EB0/);
      await until('it is told', () => witness.createdIds().includes(String(id)));
      await until('its acks', () => witness.acksOf(String(id)).includes(3));
    });

    it('does not tell of a message again that another device sends under a known key', async () => {
      const sent = await witness.client.sendMessage(`${ALICE}@c.us`, 'once');
      const again = { kind: 'fromDevice', to: ALICE, body: 'once', key: sent.id.id };
      assert.equal((await world.control('misbehave', again)).id, sent.id._serialized);
      // Told in turn: after this one, the page has heard of the other.
      const { id } = await world.control('misbehave', { kind: 'fromDevice', to: ALICE, body: 'next' });
      await until('the next one', () => witness.createdIds().includes(String(id)));
      assert.equal(witness.createdIds().filter((made) => made === sent.id._serialized).length, 1);
    });
  });

  describe('with a status and a channel, as in every account', () => {
    it('holds them beside the chats of people', async () => {
      // The history comes after the first sync.
      const counts = await until('the history', async () => {
        const ids = await inPage(
          witness,
          '[Chat, WAWebNewsletterCollection].map((all) => all.getModelsArray().map(({ id }) => String(id)))',
        );
        const [chats, channels] = Array.isArray(ids) ? ids : [];
        return (
          Array.isArray(chats) && chats.includes('status@broadcast') && [chats.length > 1, channels.length]
        );
      });
      assert.deepEqual(counts, [true, 1]);
    });

    it('tells a new post of the status like a message', async () => {
      await world.control('incoming', { from: 'status@broadcast', author: BOB, body: 'at the beach' });
      const message = await witness.nextMessage();
      assert.deepEqual([message.isStatus, message.author], [true, `${BOB}@c.us`]);
    });

    it('unlinks a new device that reads the status in its first load, when it loads again', async () => {
      assert.equal((await stateOf(world)).read_of_status, 0);
      const load = `(await window.require('WAWebChatLoadMessages').loadEarlierMsgs({ chat: Chat.get('status@broadcast') })).length`;
      assert.equal(await inPage(witness, load), 2);
      assert.equal((await stateOf(world)).read_of_status, 1);
      await world.control('misbehave', { kind: 'settings', lidChats: true });
      await world.control('misbehave', { kind: 'reload' });
      await until('a code instead of a login', async () => (await stateOf(world)).qr !== null);
      assert.equal((await stateOf(world)).linked, false);
    });
  });

  describe('in an account that has been migrated to LIDs', () => {
    before(async () => {
      await until('the library shows the code', () => witness.all('qr').length > 1);
      await world.control('scan');
      await until('it is ready again', () => witness.all('ready').length > 1);
    });

    it('keeps the chats of people who have a LID under it', async () => {
      // The history comes after the first sync.
      const chats = await until('the history', async () => {
        const ids = await inPage(witness, 'Chat.getModelsArray().map(({ id }) => String(id)).sort()');
        return Array.isArray(ids) && ids.length > 0 && ids;
      });
      const expected = [lid(ALICE), lid(BOB), lid('553187654321'), 'status@broadcast'];
      assert.deepEqual(chats, expected.sort());
    });

    it('sends to a number in the chat of the LID, while the phone sees the number', async () => {
      const sent = await witness.client.sendMessage(`${ALICE}@c.us`, 'by LID');
      assert.match(sent.id._serialized, new RegExp(`^true_${lid(ALICE)}_3EB0`));
      await until('ack 3', () => witness.acksOf(sent.id._serialized).includes(3));
      const received = (await world.received()).at(-1);
      assert.deepEqual([received?.chat_id, received?.body], [`${ALICE}@c.us`, 'by LID']);
    });

    it('names senders, authors in groups and those who react by LID', async () => {
      const { id } = await world.control('incoming', { from: STRANGER, body: 'hi' });
      const message = await witness.nextMessage();
      assert.equal(message.from, lid(STRANGER));
      assert.equal((await message.getContact()).id._serialized, `${STRANGER}@c.us`);
      await world.control('misbehave', { kind: 'reaction', id, text: '👍', from: STRANGER });
      const [reaction] = await witness.next('message_reaction');
      assert.equal(recordOf(recordOf(reaction).msgId).remote, lid(STRANGER));
      await world.control('incoming', { from: '120363000000000001@g.us', author: BOB, body: 'to all' });
      assert.equal((await witness.nextMessage()).author, lid(BOB));
    });

    it('opens no chat with a person who has no LID', async () => {
      await assert.rejects(witness.client.sendMessage(`${WITHOUT_LID}@c.us`, 'x'), /No LID for user/);
    });
  });
});
