import assert from 'node:assert/strict';
import { messageKeySchema } from '../../../../services/bridge/page/ids.ts';

const CHAT = '15553330000@c.us';
const KEY = { fromMe: false, remote: CHAT, id: '3EB0A' };
const TEXT = `false_${CHAT}_3EB0A`;
const GROUP_KEY = { fromMe: true, remote: '1203@g.us', id: '3EB0A', participant: '15550001111@c.us' };
const GROUP_TEXT = 'true_1203@g.us_3EB0A_15550001111@c.us';
/** A chat with oneself: its key says in which direction. */
const OWN = '15550001111@c.us';
const SELF_TEXT = `true_${OWN}_3EB0A_out`;

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
