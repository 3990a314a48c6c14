import assert from 'node:assert/strict';
import {
  FakeBrowser,
  hang,
  madeOf,
  pageWith,
  type Sends,
  textOf,
} from '../../../support/bridge/fake-page.ts';

const ANN = '15552220000-1@g.us';
const BOB = '15552220001-1@g.us';

describe('bridge, opening the chat of a send', () => {
  /** What was added, in order. */
  let added: string[] = [];
  let browser: FakeBrowser;
  const start = (open: Sends['open'], limits = {}) => {
    added = [];
    const send: Sends['send'] = async (address, content, { stanzaId }) => {
      added.push(textOf(content));
      return madeOf(address, content, stanzaId);
    };
    browser = new FakeBrowser(pageWith({ send, open }), { sendMs: 60_000, ...limits });
  };
  const send = (message: string, chatId: string) => browser.sender.send({ chatId, message });
  afterEach(() => {
    browser.end({ kind: 'stopped', reason: 'the test is over' });
  });

  it('opens each chat once in a browser, outside the turn of the sends', async () => {
    const opened: string[] = [];
    const slow = Promise.withResolvers<void>();
    start(
      async (address) => {
        opened.push(address);
        if (address === ANN) await slow.promise;
        return [address];
      },
      { callMs: 60_000 },
    );
    const first = send('slow to open', ANN);
    await send('one', BOB);
    await send('two', BOB);
    slow.resolve();
    await first;
    assert.deepEqual(opened, [ANN, BOB]);
    assert.deepEqual(added, ['one', 'two', 'slow to open']);
  });

  it('answers in time when a chat does not open: that one waits, all others go on', async () => {
    start((address) => (address === ANN ? hang() : Promise.resolve([address])), { callMs: 50 });
    await assert.rejects(send('to nobody', ANN), { code: 'send_failed' });
    await send('one', BOB);
    assert.deepEqual(added, ['one']);
  });
});
