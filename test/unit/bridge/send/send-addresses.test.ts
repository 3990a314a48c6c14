import assert from 'node:assert/strict';
import { Recipients } from '../../../../services/bridge/send/recipients.ts';
import { FakeBrowser, madeOf, pageWith, resolvedTo } from '../../../support/bridge/fake-page.ts';

const NUMBER = '15552220000@c.us';
const LID = '99990002225551@lid';
const since = Math.floor(Date.now() / 1000) - 3_600;
const body = { chatId: NUMBER, message: 'hello', stanza_id: '3EB0000000000000000001' };

describe('bridge, a person with a number and a LID', () => {
  it('knows its message by its likeness under either address, and under no third', async () => {
    for (const [address, isIts] of [
      [NUMBER, true],
      [LID, true],
      ['99990002225552@lid', false],
    ] as const) {
      const page = pageWith({
        open: async () => [NUMBER, LID],
        cancelSend: async () => 'unknown',
        send: async (_address, content) => {
          const message = madeOf(address, content, '3EB0FFFFFFFFFFFFFFFFFF');
          browser.sender.take({ kind: 'message_sent', message });
          // As from a page in which the send cannot be hooked.
          throw new Error('gatehouse: not steered: it failed late');
        },
      });
      const browser = new FakeBrowser(page, { sendMs: 60_000, ackWaitMs: 50, callMs: 60_000 });
      const answer = browser.sender.send(body).catch((error: unknown) => error);
      const [outcome] = await Promise.all([answer]);
      const text = JSON.stringify(outcome);
      if (isIts) assert.match(text, new RegExp(`true_${address}_3EB0FFFF`));
      else assert.match(String(outcome), /may have been sent/);
      browser.end({ kind: 'stopped', reason: 'the test is over' });
    }
  });
});

describe('bridge, the address of a number', () => {
  it('is asked for once, and again after a send to it failed', async () => {
    const asked: boolean[] = [];
    const page = { isRefused: false };
    const browser = new FakeBrowser(
      pageWith({
        resolve: async (_chatId, { isFresh }) => {
          asked.push(isFresh === true);
          return resolvedTo(LID);
        },
        send: async (address, content, { stanzaId }) => {
          if (page.isRefused) throw new Error('findOrCreateLatestChat: could not find phone number for lid');
          return madeOf(address, content, stanzaId);
        },
      }),
      { sendMs: 60_000, callMs: 60_000 },
    );
    const send = (stanza_id: string) => browser.sender.send({ ...body, stanza_id });
    await send('3EB0000000000000000001');
    await send('3EB0000000000000000002');
    assert.deepEqual(asked, [false]);
    page.isRefused = true;
    await assert.rejects(send('3EB0000000000000000003'), { code: 'send_failed' });
    page.isRefused = false;
    await send('3EB0000000000000000004');
    assert.deepEqual(asked, [false, true], 'the page may be wrong: its server is asked');
  });

  it('is asked for again in another browser, whose page may not know the LID', async () => {
    let asked = 0;
    const resolve = async () => {
      asked += 1;
      return resolvedTo(LID);
    };
    const recipients = new Recipients();
    const newBrowser = () => new FakeBrowser(pageWith({ resolve }), {});
    for (const browser of [newBrowser(), newBrowser()])
      for (const _time of [1, 2]) assert.equal((await recipients.find(browser, NUMBER, 60_000)).address, LID);
    assert.equal(asked, 2);
  });
});

describe('bridge, a message that the page has announced', () => {
  it('is send_failed when the page then fails to store it, and open when the page went away', async () => {
    for (const [text, outcome] of [
      ['storeMessages failed', { code: 'send_failed', message: /storeMessages failed/ }],
      ['Execution context was destroyed', undefined],
    ] as const) {
      const page = pageWith({
        send: async (address, content, { stanzaId }) => {
          browser.sender.take({
            kind: 'message_sent',
            message: { ...madeOf(address, content, stanzaId), ack: 0 },
          });
          throw new Error(text);
        },
      });
      const browser = new FakeBrowser(page, { sendMs: 60_000, ackWaitMs: 50, callMs: 60_000 });
      const sending = browser.sender.send(body);
      if (outcome === undefined) assert.equal((await sending).ack, 0);
      else await assert.rejects(sending, outcome);
    }
  });
});

describe('bridge, an earlier try from before the link', () => {
  const now = Math.floor(Date.now() / 1000);
  for (const [when, linkedAt, isCertain] of [
    ['a minute ago', now - 60, false],
    ['an hour ago', now - 3_600 + 1, true],
    ['before the try', since, true],
    ['at a time that the page does not tell', undefined, true],
  ] as const)
    it(`is ${isCertain ? '' : 'not '}certainly unsent when it is not found, linked ${when}`, async () => {
      const page = pageWith({
        linkedAt: async () => linkedAt,
        send: async (address, content, { stanzaId }) => madeOf(address, content, stanzaId),
      });
      const browser = new FakeBrowser(page, { sendMs: 60_000, callMs: 60_000 });
      for (const only_look of [true, false]) {
        const outcome = browser.sender.send({ ...body, retry: { since, known: [], only_look } });
        if (!isCertain) await assert.rejects(outcome, { code: 'send_failed', message: /older messages/ });
        else if (only_look) await assert.rejects(outcome, { code: 'not_found' });
        else assert.equal((await outcome).messageId, `true_${NUMBER}_${body.stanza_id}`);
      }
    });
});
