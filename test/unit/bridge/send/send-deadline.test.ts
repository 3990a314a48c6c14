import assert from 'node:assert/strict';
import type { SendStage } from '../../../../services/bridge/page/sends.ts';
import type { SendingPage } from '../../../../services/bridge/send/sending-browser.ts';
import type { BrowserEnd } from '../../../../services/bridge/session/browser-end.ts';
import { KitError } from '../../../../services/contract/errors.ts';
import {
  FakeBrowser,
  foundOf,
  hang,
  madeOf,
  pageWith,
  resolvedTo,
  textOf,
} from '../../../support/bridge/fake-page.ts';

const SEND_MS = 150;
const ACK_WAIT_MS = 100;
/** A busy machine does not reach it. */
const UNREACHED_MS = 60_000;
const GROUP = '15552220000-1500000000@g.us';

describe('bridge, the one deadline of a send', () => {
  it('covers the wait for others: what did not get its turn in time is not sent, and says so in time', async () => {
    const texts: string[] = [];
    const page = pageWith({ send: (_address, content) => hang(texts.push(textOf(content))) });
    const caller = callerOf(SEND_MS + ACK_WAIT_MS);
    const chats = { first: GROUP, second: '15552220001-1@g.us', third: '15552220002-1@g.us' };
    const outcomes = await Promise.all(Object.entries(chats).map(([text, chat]) => send(page, chat, text)));
    caller.assertPatient();
    assert.deepEqual(
      outcomes.map(({ code }) => code),
      ['outcome_unknown', 'whatsapp_not_ready', 'whatsapp_not_ready'],
    );
    assert.match(
      outcomes[1]?.message ?? '',
      /^nothing was sent: it waited for other sends|the browser has ended/,
    );
    assert.deepEqual(texts, ['first']);
  });

  it('covers the wait for others of the same chat, which is no fault of the session', async () => {
    const page = pageWith({ find: () => hang() });
    const first = { chatId: GROUP, content: { kind: 'text', text: 'hangs', reply_to: '3EB0' } } as const;
    const browser = new FakeBrowser(page, { sendMs: SEND_MS, callMs: 10 * SEND_MS });
    const hanging = browser.sender.send(first).catch((error: unknown) => error);
    const behind = await browser.sender
      .send({ chatId: GROUP, message: 'waits' })
      .catch((error: unknown) => error);
    assert.ok(behind instanceof KitError);
    assert.deepEqual([behind.code, browser.ends], ['send_failed', []]);
    assert.match(behind.message, /^nothing was sent: it waited for other sends to its chat/);
    browser.end({ kind: 'failed', reason: 'the test is over' });
    await hanging;
  });

  it('covers the check of the number: the send gets only the rest', async () => {
    const [sendMs, checkMs] = [10_000, 300];
    let notAfter = 0;
    const page = pageWith({
      resolve: (chatId) => new Promise((resolve) => setTimeout(resolve, checkMs, resolvedTo(chatId))),
      send: async (_address, _content, options) => {
        notAfter = options.notAfter;
        browser.end({ kind: 'failed', reason: 'it has seen enough' });
        return hang();
      },
    });
    const browser = new FakeBrowser(page, { sendMs, callMs: sendMs });
    const sending = browser.sender.send({ chatId: '15552220000@c.us', message: 'late' });
    const latest = Date.now() + sendMs;
    await assert.rejects(sending, { code: 'outcome_unknown' });
    assert.ok(notAfter < latest + checkMs / 2, `the page might send ${notAfter - latest} ms too late`);
  });

  it('sends nothing when the check of the number took all of it', async () => {
    const sent: string[] = [];
    const page = pageWith({
      resolve: (chatId) => new Promise((resolve) => setTimeout(resolve, SEND_MS - 50, resolvedTo(chatId))),
      send: (_address, content) => hang(sent.push(textOf(content))),
    });
    const { code, message } = await send(page, '15552220000@c.us', 'too late');
    assert.equal(code, 'whatsapp_not_ready');
    assert.match(message, /^nothing was sent: /);
    assert.deepEqual(sent, []);
  });

  it('ends the browser in which a message may yet be added, and no other', async () => {
    const stages: SendStage[] = ['adding', 'added', 'canceled', 'unknown'];
    const outcomes = await Promise.all(
      stages.map(async (stage) => {
        const page = pageWith({ cancelSend: async () => stage });
        const { code } = await send(page, GROUP, 'hangs');
        return [stage, code, endOf(page)?.kind];
      }),
    );
    assert.deepEqual(outcomes, [
      ['adding', 'outcome_unknown', 'failed'],
      ['added', 'outcome_unknown', undefined],
      ['canceled', 'send_failed', undefined],
      ['unknown', 'outcome_unknown', undefined],
    ]);
  });

  it('ends the browser that cannot say either', async () => {
    const page = pageWith({ cancelSend: () => hang() });
    assert.equal((await send(page, GROUP, 'hangs')).code, 'outcome_unknown');
    assert.equal(endOf(page)?.kind, 'failed');
  });

  it('leaves a message that the next call finds, in this bridge or in the next, and does not send again', async () => {
    const stanza_id = '3EB0000000000000000001';
    const sent: string[] = [];
    const page = pageWith({
      send: async (address, content, options) =>
        sent.push(textOf(content)) === 1 ? hang() : madeOf(address, content, options.stanzaId),
      cancelSend: async () => 'added',
      find: async (id, address) =>
        sent.length === 0 ? undefined : foundOf(madeOf(address, { kind: 'text', text: 'once' }, id)),
    });
    const body = { chatId: GROUP, message: 'once', stanza_id };
    const limits = { sendMs: SEND_MS, ackWaitMs: ACK_WAIT_MS };
    const first = new FakeBrowser(page, limits);
    await assert.rejects(first.sender.send(body), { code: 'outcome_unknown' });
    first.limits.sendMs = UNREACHED_MS;
    const next = new FakeBrowser(page, first.limits);
    const answers = [
      await first.sender.send(body),
      await next.sender.send({ ...body, retry: { since: 0, known: [] } }),
    ];
    assert.deepEqual(
      answers.map(({ messageId }) => messageId),
      Array(2).fill(`true_${GROUP}_${stanza_id}`),
    );
    assert.deepEqual(sent, ['once']);
  });
});

/**
 * A caller that gives up after this time. Its timer is of the event loop of the bridge: where the machine is slow, those of
 * the bridge still come first.
 */
function callerOf(ms: number): { assertPatient(): void } {
  let hasGivenUp = false;
  const timer = setTimeout(() => {
    hasGivenUp = true;
  }, ms);
  return {
    assertPatient: () => {
      clearTimeout(timer);
      assert.ok(!hasGivenUp, 'the caller gave up before the last answer');
    },
  };
}

/** One sender a page, so that its sends queue. */
const browsers = new WeakMap<SendingPage, FakeBrowser>();

function endOf(page: SendingPage): BrowserEnd | undefined {
  return browsers.get(page)?.ends[0];
}

async function send(page: SendingPage, chatId: string, message: string): Promise<KitError> {
  const browser = browsers.get(page) ?? new FakeBrowser(page, { sendMs: SEND_MS, ackWaitMs: ACK_WAIT_MS });
  browsers.set(page, browser);
  const outcome = await browser.sender.send({ chatId, message }).catch((error: unknown) => error);
  assert.ok(outcome instanceof KitError, String(outcome));
  return outcome;
}
