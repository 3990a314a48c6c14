import assert from 'node:assert/strict';
import wweb from 'whatsapp-web.js';
import type { Edition } from '../../../services/sandbox/web/settings.ts';
import { DOT, type Witness, World } from '../../support/sandbox/world.ts';
import { until } from '../../support/until.ts';

const CHAT = '15557770000@c.us';
const PICTURE = new wweb.MessageMedia('image/png', DOT, 'dot.png');
/** The own enumerable fields of the key of a message, made in the page: what crosses to Node. */
const FIELDS_OF_A_KEY = `(() => {
  const { createWid } = window.require('WAWebWidFactory');
  const MsgKey = window.require('WAWebMsgKey');
  const key = new MsgKey({ fromMe: true, remote: createWid('${CHAT}'), id: '3EB0A' });
  return { fields: Object.keys(key), text: key.toString() };
})()`;

async function openPage(edition: Edition): Promise<{ world: World; witness: Witness }> {
  const world = await World.open({ settings: { edition } });
  return { world, witness: await world.startReadyClient() };
}

describe('stand-in, by the edition of its page', () => {
  for (const [edition, field] of [
    ['2026-06', '_serialized'],
    ['2026-08', '$1'],
    ['2026-09', '$1'],
  ] as const) {
    const takesMedia = edition !== '2026-09';
    const answer = takesMedia ? 'sends' : 'refuses';
    it(`keeps the text of a message key in ${field} in ${edition}, and ${answer} media of the unmodified library`, async () => {
      const { world, witness } = await openPage(edition);
      await using _world = world;
      assert.deepEqual(await witness.client.pupPage?.evaluate(FIELDS_OF_A_KEY), {
        fields: ['fromMe', 'remote', 'id', field],
        text: `true_${CHAT}_3EB0A`,
      });
      const sending = witness.client.sendMessage(CHAT, PICTURE);
      if (takesMedia) await sending;
      else await assert.rejects(sending, /must include an id property/);
      if (takesMedia)
        await until('the picture at the phone', async () => (await world.received()).length === 1);
      else assert.deepEqual(await world.received(), []);
      // The database is read by texts only, as IndexedDB does.
      const read = witness.client.pupPage?.evaluate(
        "window.require('WAWebCollections').Msg.getMessagesById([undefined])",
      );
      await assert.rejects(read ?? Promise.resolve(), /No key or key range specified/);
    });
  }
});
