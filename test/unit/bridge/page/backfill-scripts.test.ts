import assert from 'node:assert/strict';
import { readActiveChats, readChatPiece } from '../../../../services/bridge/page/backfill.ts';
import { ScriptPage } from '../../../support/bridge/script-page.ts';

const ALICE = '15553330000@c.us';
const RANGE = { since: 10, from: 0, most: 100, mayLoad: true };

describe('bridge, looking into the chats of a page', () => {
  let page: ScriptPage;
  let messages: object[];
  let earlier: object[][];
  let loadCount: number;
  beforeEach(() => {
    page = new ScriptPage();
    [messages, earlier, loadCount] = [[], [], 0];
    const chat = { msgs: { getModelsArray: () => messages } };
    const chats = [ALICE, '1-2@g.us', '3@lid', 'status@broadcast', '4@broadcast', '5@newsletter'];
    page.modules.WAWebCollections = {
      Chat: {
        get: () => chat,
        getModelsArray: () => chats.map((id) => ({ id: { _serialized: id }, t: 20.5 })),
      },
    };
    page.modules.WAWebWidFactory = { createWid: (id: string) => id };
    page.modules.WAWebChatLoadMessages = {
      loadEarlierMsgs: async () => {
        loadCount += 1;
        const more = earlier.shift() ?? [];
        messages.push(...more);
        return more;
      },
    };
  });
  afterEach(() => page.close());
  const run = {
    run: (source: string) => page.evaluate(`window.WWebJS.getMessageModel = (msg) => msg; ${source}`),
  };
  const message = (key: string, t: number, type = 'chat') => ({
    id: { fromMe: false, remote: ALICE, id: key, _serialized: `false_${ALICE}_${key}` },
    ...{ type, body: key, t, ack: 1, from: ALICE, to: '15550001111@c.us' },
  });
  const bodiesOf = async (chatId: string, range = RANGE) =>
    (await readChatPiece(run, chatId, range)).events.map((event) =>
      event.kind === 'message' ? event.message.body : event.kind,
    );

  it('leaves out status posts, broadcasts and channels', async () => {
    const chats = await readActiveChats(run, 10);
    assert.deepEqual(
      chats.map(({ id }) => id),
      [ALICE, '1-2@g.us', '3@lid'],
    );
  });

  it('never loads messages of status posts, broadcasts and channels', async () => {
    messages = [message('3EB0A', 20)];
    for (const id of ['status@broadcast', '4@broadcast', '5@newsletter'])
      assert.deepEqual(await bodiesOf(id), []);
    assert.equal(loadCount, 0);
  });

  it('leaves out notices of the page and what is not decrypted yet', async () => {
    messages = ['e2e_notification', 'gp2', 'protocol', 'call_log', 'ciphertext', 'chat'].map((type, index) =>
      message(`3EB0${index}`, 20 + index, type),
    );
    messages.push(message('old', 5));
    assert.deepEqual(await bodiesOf(ALICE), ['3EB05']);
  });

  it('loads earlier messages until they reach far enough back, or not at all', async () => {
    messages = [message('3EB0C', 30)];
    earlier = [[message('3EB0B', 20)], [message('3EB0A', 5)], [message('too old', 4)]];
    assert.deepEqual(await bodiesOf(ALICE, { ...RANGE, mayLoad: false }), ['3EB0C']);
    assert.equal(loadCount, 0);
    assert.deepEqual(await bodiesOf(ALICE), ['3EB0B', '3EB0C']);
    assert.equal(loadCount, 2);
  });
});
