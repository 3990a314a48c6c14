import assert from 'node:assert/strict';
import { INSTALL_KEY_ALIAS } from '../../../../services/bridge/page/ids.ts';
import { EDITIONS } from '../../../../services/sandbox/web/settings.ts';
import { World } from '../../../support/sandbox/world.ts';

const CHAT = '15553330000@c.us';

/** What Node gets of a key, of old ones and of a new one, by what reads them in the page and what crosses to Node. */
const READ_KEYS = `(() => {
  const { Msg, Chat } = window.require('WAWebCollections');
  const { createWid } = window.require('WAWebWidFactory');
  const MsgKey = window.require('WAWebMsgKey');
  // Not a post of the status, nor a system message with which the chat begins.
  const msg = Msg.getModelsArray().find(({ body }) => body === 'hi');
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

describe('bridge, the alias on the message keys of a page', () => {
  for (const edition of EDITIONS)
    it(`is an own field of old keys and of new ones in ${edition}, and is installed once`, async () => {
      await using world = await World.open({ settings: { edition } });
      const { client } = await world.startReadyClient();
      const { id } = await world.control('incoming', { from: CHAT, body: 'hi' });
      await client.pupPage?.waitForFunction(
        "window.require('WAWebCollections').Msg.getModelsArray().some(({ body }) => body === 'hi')",
      );
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
