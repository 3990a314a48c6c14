import assert from 'node:assert/strict';
import fc from 'fast-check';
import { z } from 'zod';
import { readMessage, readMessageIds } from '../../../../services/bridge/page/data.ts';
import { type InboundEvent, listenForEvents } from '../../../../services/bridge/page/inbound-events.ts';
import { loadLibrary } from '../../../../services/bridge/page/library.ts';
import { INSTALL_PEOPLE, personIn } from '../../../../services/bridge/page/people/people.ts';
import { personSchema } from '../../../../services/contract/person.ts';
import { ScriptPage } from '../../../support/bridge/script-page.ts';

const { Client, NoAuth } = await loadLibrary({ warn: () => undefined });
const NUMBER = '15553330000@c.us';
const LID = '100000000000007@lid';
const GROUP = '1203@g.us';
const ALICE = { phone_number: '15553330000', lid: LID, name: 'Alice' };

interface Wid {
  readonly _serialized: string;
  isLid(): boolean;
  isUser(): boolean;
}
const widOf = (id: string): Wid => ({
  _serialized: id,
  isLid: () => id.endsWith('@lid'),
  isUser: () => /@(c\.us|lid)$/.test(id),
});
const keyOf = (remote: string, id = '3EB0A') => ({
  ...{ fromMe: false, remote, id, _serialized: `false_${remote}_${id}` },
});

describe('bridge, the people in what a page reports', () => {
  let page: ScriptPage;
  let numbers: Record<string, string>;
  let lids: Record<string, string>;
  beforeEach(async () => {
    page = new ScriptPage();
    [numbers, lids] = [{ [LID]: NUMBER }, { [NUMBER]: LID }];
    page.modules.WAWebWidFactory = { createWid: widOf };
    page.modules.WAWebApiContact = {
      getPhoneNumber: (lid: Wid) => numbers[lid._serialized] && widOf(numbers[lid._serialized] ?? ''),
      getCurrentLid: (number: Wid) => lids[number._serialized] && widOf(lids[number._serialized] ?? ''),
    };
    page.modules.WAWebCollections = {
      Contact: { get: ({ _serialized }: Wid) => (_serialized === LID ? { name: 'Alice' } : undefined) },
    };
    await page.evaluate(`void (window.WWebJS.getMessageModel = (msg) => ({ ...msg }));
      window.told = [];
      window.onReaction = (reactions) => void window.told.push(...reactions);`);
  });
  afterEach(() => page.close());

  const install = () => page.evaluate(INSTALL_PEOPLE);
  const serialized = (msg: object) => page.evaluate(`window.WWebJS.getMessageModel(${JSON.stringify(msg)})`);
  const message = async (id: object, more: object = {}) => readMessage(await serialized({ id, ...more }));
  /** What the bridge makes of an event of the library. */
  function heard(name: string, value: unknown): InboundEvent | undefined {
    const events: InboundEvent[] = [];
    const client = new Client({ authStrategy: new NoAuth(), userAgent: false });
    listenForEvents(client, (event) => events.push(event));
    client.emit(name, value);
    return events[0];
  }
  async function reaction(remote: string, sender: string) {
    const raw = { parentMsgKey: keyOf(remote), senderUserJid: sender, reactionText: '👍', timestamp: 1 };
    await page.evaluate(`window.onReaction([${JSON.stringify(raw)}])`);
    // What the library keeps of it (`Reaction` of whatsapp-web.js 1.34.7), once it has crossed from the page.
    const kept = await page.evaluate(`window.told.map((told) => (
      { msgId: told.parentMsgKey, senderId: told.senderUserJid, reaction: told.reactionText, timestamp: told.timestamp }))`);
    assert.ok(Array.isArray(kept) && kept.length === 1);
    return heard('message_reaction', kept[0]);
  }

  it('have number, LID and name, by whichever id the page names them', async () => {
    await install();
    for (const id of [NUMBER, LID]) {
      assert.deepEqual((await message(keyOf(id))).person, ALICE);
      assert.deepEqual(readMessageIds(await serialized({ id: keyOf(id) })).person, ALICE);
    }
  });

  it('are the authors in a group, which is no person', async () => {
    await install();
    const { person, author_person } = await message(keyOf(GROUP), { author: LID });
    assert.deepEqual([person, author_person], [undefined, ALICE]);
  });

  it('have the name under which they sent, unless they are in the contacts; never that of this account', async () => {
    page.modules.WAWebCollections = { Contact: { get: () => ({ pushname: 'as before' }) } };
    await install();
    const nameIn = async (id: object) => (await message(id, { notifyName: 'as sent' })).person?.name;
    assert.equal(await nameIn(keyOf(NUMBER)), 'as sent');
    assert.equal(await nameIn({ ...keyOf(NUMBER), fromMe: true }), 'as before');
  });

  it('are in reactions: whose chat it is, or in a group who reacted', async () => {
    await install();
    const alone = await reaction(LID, '15559990000@c.us');
    assert.ok(alone?.kind === 'reaction');
    assert.deepEqual([alone.chatId, alone.person, alone.authorPerson], [LID, ALICE, undefined]);
    await page.evaluate('void (window.told = [])');
    const inGroup = await reaction(GROUP, NUMBER);
    assert.ok(inGroup?.kind === 'reaction');
    assert.deepEqual(
      [inGroup.chatId, inGroup.person, inGroup.authorPerson, inGroup.messageId],
      [GROUP, undefined, ALICE, `false_${GROUP}_3EB0A`],
    );
  });

  it('are in calls', async () => {
    await install();
    await page.evaluate(`window.onIncomingCall({ id: 'CALL1', peerJid: '${LID}', isVideo: false })`);
    const [{ id, from }] = z
      .tuple([z.object({ id: z.string(), peerJid: z.unknown() })])
      .transform(([{ peerJid, ...told }]) => [{ ...told, from: peerJid }] as const)
      .parse(page.reported);
    const call = heard('call', { id, from, isVideo: false, isGroup: false });
    assert.ok(call?.kind === 'call');
    assert.deepEqual([call.from, call.person], [LID, ALICE]);
  });

  it('are named once, however often the script runs, and the calls under way keep their state', async () => {
    await page.evaluate('void (window.onReaction.callbacks = "of puppeteer")');
    await install();
    await install();
    assert.equal(await page.evaluate('window.onReaction.callbacks'), 'of puppeteer');
    assert.equal((await reaction(LID, LID))?.kind, 'reaction');
  });

  it('are known by their own id alone where the page has none of its exports, or throws', async () => {
    await install();
    const broken = () => {
      throw new Error('not today');
    };
    for (const modules of [
      { WAWebApiContact: undefined },
      { WAWebApiContact: { getPhoneNumber: broken, getCurrentLid: broken } },
      { WAWebApiContact: {}, WAWebCollections: {} },
      { WAWebWidFactory: undefined, WAWebCollections: undefined },
      { WAWebWidFactory: { createWid: broken } },
    ]) {
      Object.assign(page.modules, modules);
      const { person } = await message(keyOf(LID));
      assert.deepEqual(
        { ...person, name: undefined },
        { lid: LID, name: undefined },
        JSON.stringify(modules),
      );
      await page.evaluate('void (window.told = [])');
      assert.equal((await reaction(LID, LID))?.kind, 'reaction');
    }
  });

  it('have no number that belongs to another LID by now', async () => {
    numbers['100000000000001@lid'] = NUMBER;
    await install();
    assert.deepEqual((await message(keyOf('100000000000001@lid'))).person, { lid: '100000000000001@lid' });
  });

  it('lose what does not parse, and stay who they are', () => {
    const person = (about: unknown, id = NUMBER) => personIn({ gatehousePeople: { [id]: about } }, id);
    const alone = { phone_number: '15553330000' };
    for (const about of [
      ...[null, 'text', 7, [], {}, { other: 7 }, { other: 'x@lid' }, { other: '1@lid@lid' }, { name: {} }],
      ...[{ other: '15559990000@c.us' }, { other: '1203@g.us' }, { other: '' }, { name: '', pushname: '' }],
    ])
      assert.deepEqual(person(about), alone, JSON.stringify(about));
    assert.deepEqual(person({ other: LID, name: 7, pushname: 'Al' }), { ...alone, lid: LID, name: 'Al' });
    for (const id of [
      undefined,
      GROUP,
      'status@broadcast',
      '',
      '15553330000@c.us@evil',
      '__proto__',
      '0@c.us',
    ])
      assert.equal(personIn({ gatehousePeople: { [id ?? '']: { other: LID } } }, id), undefined, id);
    for (const raw of [null, undefined, 'x', { gatehousePeople: 1 }, { gatehousePeople: [] }])
      assert.deepEqual(personIn(raw, NUMBER), alone);
  });

  it('are valid whatever the page says', () => {
    fc.assert(
      fc.property(fc.anything(), fc.constantFrom(NUMBER, LID), (about, id) => {
        personSchema.parse(personIn({ gatehousePeople: { [id]: about } }, id));
      }),
    );
  });
});
