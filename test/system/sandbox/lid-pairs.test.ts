import assert from 'node:assert/strict';
import { lidOf } from '../../../services/sandbox/web/people/directory.ts';
import { recordOf } from '../../support/sandbox/sandbox-folder.ts';
import { type Witness, World } from '../../support/sandbox/world.ts';
import { until } from '../../support/until.ts';

const GROUP = '120363000000000001@g.us';
const lid = (number: string) => `${lidOf(number)}@lid`;

/** What a piece of source gives in the page. */
async function inPage(witness: Witness, source: string): Promise<unknown> {
  return witness.client.pupPage?.evaluate(`(async () => {
    const { createWid } = window.require('WAWebWidFactory');
    const { Chat, Contact } = window.require('WAWebCollections');
    const { getCurrentLid, getPhoneNumber } = window.require('WAWebApiContact');
    const { findOrCreateLatestChat } = window.require('WAWebFindChatAction');
    const { queryWidExists } = window.require('WAWebQueryExistsJob');
    return ${source};
  })()`);
}

describe('sandbox, in an account that has been migrated to LIDs', () => {
  let world: World;
  let witness: Witness;

  before(async () => {
    world = await World.open({ settings: { lidChats: true, historyMs: 0 } });
    witness = await world.startReadyClient();
  });
  after(() => world[Symbol.asyncDispose]());

  const numberOf = (number: string) => inPage(witness, `String(getPhoneNumber(createWid('${lid(number)}')))`);
  const hide = (...hiddenNumbers: string[]) => world.control('misbehave', { kind: 'policy', hiddenNumbers });
  const hear = async (from: string, body: string, more: object = {}) => {
    await world.control('incoming', { from, body, ...more });
    return witness.nextMessage();
  };

  it('shows a person whose number is hidden by LID alone, until an event comes with the number', async () => {
    const ANN = '15552220001';
    await hide(`+1 555 222-0001`);
    const hidden = await hear(ANN, 'who am I?');
    assert.deepEqual([hidden.from, await numberOf(ANN)], [lid(ANN), 'undefined']);
    assert.equal(await inPage(witness, `String(Contact.get('${lid(ANN)}').phoneNumber)`), 'undefined');
    await hide();
    assert.equal((await hear(ANN, 'it is me')).from, lid(ANN));
    assert.equal(await numberOf(ANN), `${ANN}@c.us`);
    assert.equal(await inPage(witness, `String(Contact.get('${lid(ANN)}').phoneNumber)`), `${ANN}@c.us`);
  });

  it('gives a hidden number to no look-up of its LID, and the page learns the pair from one of the number', async () => {
    const BEN = '15552220002';
    await hide(BEN);
    const wid = (id: string) => `String((await queryWidExists(createWid('${id}'))).wid)`;
    assert.equal(await inPage(witness, wid(lid(BEN))), lid(BEN));
    assert.equal(await numberOf(BEN), 'undefined');
    assert.equal(await inPage(witness, wid(`${BEN}@c.us`)), lid(BEN));
    assert.equal(await numberOf(BEN), `${BEN}@c.us`);
  });

  it('hides the number of an author in a group, of one who reacts and of one who calls', async () => {
    const EVE = '15552220003';
    await hide(EVE);
    const message = await hear(GROUP, 'to all', { author: EVE });
    assert.equal(message.author, lid(EVE));
    await world.control('misbehave', {
      kind: 'reaction',
      id: `false_${GROUP}_${message.id.id}_${EVE}@c.us`,
      text: '👍',
      from: EVE,
    });
    const [reaction] = await witness.next('message_reaction');
    assert.equal(recordOf(reaction).senderId, lid(EVE));
    await world.control('misbehave', { kind: 'call', from: EVE });
    assert.equal(await numberOf(EVE), 'undefined');
  });

  it('sends to a person with a hidden number by LID, while the phone sees the number', async () => {
    const MIA = '15552220004';
    await hide(MIA);
    await hear(MIA, 'write to me');
    const sent = await witness.client.sendMessage(lid(MIA), 'by LID');
    await until('ack 3', () => witness.acksOf(sent.id._serialized).includes(3));
    const received = (await world.received()).at(-1);
    assert.deepEqual([received?.chat_id, received?.body], [`${MIA}@c.us`, 'by LID']);
    assert.equal(await numberOf(MIA), 'undefined');
  });

  it('keeps chats that were there under their numbers, until a new device has them under LIDs', async () => {
    const OLD = '15552220005';
    await hide();
    // From the next load on: WhatsApp makes the chats as the history of a new device says.
    await world.control('misbehave', { kind: 'settings', numberChats: [`+${OLD}`] });
    await relink();
    const message = await hear(OLD, 'as ever');
    assert.equal(message.from, `${OLD}@c.us`);
    assert.equal((await hear(GROUP, 'in the group', { author: OLD })).author, lid(OLD));
    const chatOf = (id: string) => `String((await findOrCreateLatestChat(createWid('${id}'))).chat.id)`;
    for (const id of [`${OLD}@c.us`, lid(OLD)])
      assert.equal(await inPage(witness, chatOf(id)), `${OLD}@c.us`);
    const sent = await witness.client.sendMessage(`${OLD}@c.us`, 'under the number');
    assert.match(sent.id._serialized, new RegExp(`^true_${OLD}@c\\.us_`));
    // A link that ends before the server has the message ends the message too.
    await until('ack 1', () => witness.acksOf(sent.id._serialized).some((ack) => ack >= 1));

    await world.control('misbehave', { kind: 'settings', numberChats: [] });
    await relink();
    const chats = () => inPage(witness, `Chat.getModelsArray().map(({ id }) => String(id))`);
    await until('the history', async () => String(await chats()).includes(lid(OLD)));
    assert.ok(!String(await chats()).includes(`${OLD}@c.us`));
    assert.equal((await hear(OLD, 'as new')).from, lid(OLD));
    const key = sent.id.id;
    const shown = `window.require('WAWebCollections').Msg.getModelsArray().map(({ id }) => String(id)).find((id) => id.includes('${key}'))`;
    const found = await until('the message of before', () => inPage(witness, shown));
    assert.equal(found, `true_${lid(OLD)}_${key}`);
  });

  async function relink(): Promise<void> {
    const codeCount = witness.all('qr').length;
    await world.control('unlink');
    await until('the library shows a code', () => witness.all('qr').length > codeCount);
    // "ready" may have come once more with the logout.
    const readyCount = witness.all('ready').length;
    await world.control('scan');
    await until('the page is up', () => world.running.phone.account.audience !== undefined);
    await until('ready again', () => witness.all('ready').length > readyCount);
  }
});
