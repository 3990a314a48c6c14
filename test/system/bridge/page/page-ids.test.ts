import assert from 'node:assert/strict';
import { INSTALL_KEY_ALIAS, messageKeySchema } from '../../../../services/bridge/page/ids.ts';
import { EDITIONS } from '../../../../services/sandbox/web/settings.ts';
import { World } from '../../../support/sandbox/world.ts';

const CHAT = '15553330000@c.us';
const KEY = { fromMe: false, remote: CHAT, id: '3EB0A' };
const TEXT = `false_${CHAT}_3EB0A`;
const GROUP_KEY = { fromMe: true, remote: '1203@g.us', id: '3EB0A', participant: '15550001111@c.us' };
const GROUP_TEXT = 'true_1203@g.us_3EB0A_15550001111@c.us';
/** A chat with oneself: its key says in which direction. */
const OWN = '15550001111@c.us';
const SELF_TEXT = `true_${OWN}_3EB0A_out`;

/** What Node gets of a key, of old ones and of a new one, by what reads them in the page and what crosses to Node. */
const READ_KEYS = `(() => {
  const { Msg, Chat } = window.require('WAWebCollections');
  const { createWid } = window.require('WAWebWidFactory');
  const MsgKey = window.require('WAWebMsgKey');
  const [msg] = Msg.getModelsArray();
  const keys = {
    old: msg.id,
    lastOfChat: Chat.get(createWid('${CHAT}')).lastReceivedKey,
    fresh: new MsgKey({ fromMe: true, remote: createWid('${CHAT}'), id: '3EB0B' }),
    copied: { ...msg.id },
  };
  return Object.fromEntries(
    Object.entries(keys).map(([name, key]) => [name, [Object.keys(key).includes('_serialized'), key._serialized]]),
  );
})()`;

describe('bridge, the text of a message key that crossed from the page', () => {
  for (const [form, key, text] of [
    ['_serialized, until July 2026', { ...KEY, _serialized: TEXT }, TEXT],
    ['$1, since then', { ...KEY, $1: TEXT }, TEXT],
    ['both', { ...KEY, $1: TEXT, _serialized: TEXT }, TEXT],
    ['a field of another name', { ...KEY, $7: TEXT }, TEXT],
    ['no field', KEY, TEXT],
    ['no field, in a group', GROUP_KEY, GROUP_TEXT],
    ['$1, in a group', { ...GROUP_KEY, $1: GROUP_TEXT }, GROUP_TEXT],
    [
      '$1, in the chat with oneself',
      { fromMe: true, remote: OWN, id: '3EB0A', self: 'out', $1: SELF_TEXT },
      SELF_TEXT,
    ],
    ['a field that is the text of another key', { ...KEY, $1: `${TEXT}B` }, TEXT],
    ['an object for the chat', { ...KEY, remote: { server: 'c.us', _serialized: CHAT }, $1: TEXT }, TEXT],
    ['the parts of the chat', { ...KEY, remote: { server: 'c.us', user: '15553330000' } }, TEXT],
  ] as const)
    it(`is found in ${form}`, () => {
      const { id, stanza_id } = messageKeySchema.parse(key);
      assert.deepEqual([id, stanza_id], [text, '3EB0A']);
    });

  it('is refused for what is no key', () => {
    for (const raw of [null, 'text', {}, { id: 1, fromMe: true, remote: CHAT }, { ...KEY, remote: {} }])
      assert.equal(messageKeySchema.safeParse(raw).success, false, JSON.stringify(raw));
  });
});

describe('bridge, the alias on the message keys of a page', () => {
  for (const edition of EDITIONS)
    it(`is an own field of old keys and of new ones in ${edition}, and is installed once`, async () => {
      await using world = await World.open({ settings: { edition } });
      const { client } = await world.startReadyClient();
      const { id } = await world.control('incoming', { from: CHAT, body: 'hi' });
      await client.pupPage?.waitForFunction("window.require('WAWebCollections').Msg.length > 0");
      const expected = edition === '2026-06' ? 'native' : 'aliased';
      for (const time of ['first', 'second'])
        assert.equal(await client.pupPage?.evaluate(INSTALL_KEY_ALIAS), expected, time);
      assert.deepEqual(await client.pupPage?.evaluate(READ_KEYS), {
        old: [true, id],
        lastOfChat: [true, id],
        fresh: [true, `true_${CHAT}_3EB0B`],
        copied: [true, id],
      });
    });
});
