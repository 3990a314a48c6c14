import assert from 'node:assert/strict';
import type { SendBody } from '../../../../services/contract/bridge.ts';
import { FakeBrowser, foundOf, madeOf, pageWith } from '../../../support/bridge/fake-page.ts';
import { PATIENT } from '../../../support/bridge/send-support.ts';

const TO = '15552220000@c.us';
const STANZA_ID = '3EB0000000000000000001';
const CONTENT = { kind: 'text', text: 'x' } as const;
const retry = { since: Math.floor(Date.now() / 1000), known: [] };

describe('bridge, a message that was sent right before the page went away', () => {
  const page = { ack: 0, isRefused: false, isDeliveryOver: false, resends: 0 };
  let browser: FakeBrowser;
  beforeEach(() => {
    Object.assign(page, { ack: 0, isRefused: false, isDeliveryOver: false, resends: 0 });
    browser = new FakeBrowser(
      pageWith({
        find: async (id) =>
          id === STANZA_ID
            ? foundOf(madeOf(TO, CONTENT, id), {
                ack: page.ack,
                isFailed: page.ack < 1,
                isRefused: page.isRefused,
              })
            : undefined,
        isDeliveryOver: async () => page.isDeliveryOver,
        resend: async () => {
          page.resends += 1;
          page.ack = 1;
          return undefined;
        },
        outcomeOf: async () => ({ result: 'OK', ack: 1 }),
      }),
      PATIENT,
    );
  });

  const ask = (more: object = {}) => {
    const body: SendBody = {
      chatId: TO,
      message: CONTENT.text,
      stanza_id: STANZA_ID,
      retry: { ...retry, ...more },
    };
    return browser.sender.send(body);
  };

  for (const more of [{}, { only_look: true }])
    it(`is neither sent again nor called unsent before all receipts have come, with ${JSON.stringify(more)}`, async () => {
      await assert.rejects(ask(more), { code: 'send_failed' });
      page.ack = 2;
      assert.equal((await ask(more)).ack, 2);
      assert.equal(page.resends, 0);
    });

  it('is tried again when all receipts have come and it has none', async () => {
    await assert.rejects(ask(), { code: 'send_failed' });
    page.isDeliveryOver = true;
    assert.equal((await ask()).ack, 1);
    assert.equal(page.resends, 1);
  });

  it('does not wait for a receipt where the server has refused it', async () => {
    page.isRefused = true;
    assert.equal((await ask()).ack, 1);
    assert.equal(page.resends, 1);
  });
});
