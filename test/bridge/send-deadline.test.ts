import assert from 'node:assert/strict';
import pino from 'pino';
import { within } from '../../services/bridge/deadline.ts';
import { Sender, type SendingLife, type SendingPage } from '../../services/bridge/send.ts';
import { KitError } from '../../services/contract/errors.ts';
import { LIMITS } from './world.ts';

const SEND_MS = 600;
const ACK_WAIT_MS = 200;
const GROUP = '15552220000-1500000000@g.us';

describe('bridge, the one deadline of a send', () => {
  it('covers the wait for others: what did not get its turn in time is not sent, and says so in time', async () => {
    const texts: string[] = [];
    const page = { ...PAGE, sendText: (_chatId: string, text: string) => hang(texts.push(text)) };
    const startedAt = performance.now();
    const outcomes = await Promise.all(['first', 'second', 'third'].map((text) => send(page, GROUP, text)));
    const tookMs = performance.now() - startedAt;
    assert.deepEqual(
      outcomes.map(({ code }) => code),
      ['outcome_unknown', 'whatsapp_not_ready', 'whatsapp_not_ready'],
    );
    assert.match(outcomes[1]?.message ?? '', /^nothing was sent: it waited for other sends/);
    assert.deepEqual(texts, ['first']);
    assert.ok(tookMs < SEND_MS + ACK_WAIT_MS, `the last answer came after ${tookMs} ms`);
  });

  it('covers the check of the number: the send gets only the rest', async () => {
    const checkMs = 300;
    let notAfter = 0;
    const page: SendingPage = {
      addressOf: (chatId) => new Promise((resolve) => setTimeout(resolve, checkMs, chatId)),
      sendText: (_chatId, _text, options) => {
        notAfter = options.notAfter;
        return hang();
      },
    };
    const [startedAt, arrivedAt] = [performance.now(), Date.now()];
    const { code } = await send(page, '15552220000@c.us', 'late');
    const tookMs = performance.now() - startedAt;
    assert.equal(code, 'outcome_unknown');
    assert.ok(tookMs < SEND_MS + ACK_WAIT_MS, `the answer came after ${tookMs} ms`);
    assert.ok(notAfter - arrivedAt <= SEND_MS + 50, `the page might send ${notAfter - arrivedAt} ms after`);
  });

  it('sends nothing when the check of the number took all of it', async () => {
    const sent: string[] = [];
    const page: SendingPage = {
      addressOf: (chatId) => new Promise((resolve) => setTimeout(resolve, SEND_MS - 50, chatId)),
      sendText: (_chatId, text) => hang(sent.push(text)),
    };
    const { code, message } = await send(page, '15552220000@c.us', 'too late');
    assert.equal(code, 'whatsapp_not_ready');
    assert.match(message, /^nothing was sent: /);
    assert.deepEqual(sent, []);
  });
});

const PAGE: SendingPage = { addressOf: async (chatId) => chatId, sendText: () => hang() };

/** One sender a page, so that its sends queue. */
const senders = new WeakMap<SendingPage, Sender>();

async function send(page: SendingPage, chatId: string, message: string): Promise<KitError> {
  const sender = senders.get(page) ?? startSender(page);
  senders.set(page, sender);
  const outcome = await sender.send({ chatId, message }).catch((error: unknown) => error);
  assert.ok(outcome instanceof KitError, String(outcome));
  return outcome;
}

function startSender(page: SendingPage): Sender {
  const limits = { ...LIMITS, sendMs: SEND_MS, ackWaitMs: ACK_WAIT_MS };
  const life: SendingLife = {
    signal: new AbortController().signal,
    call: (what, act, ms = limits.callMs) => within(ms, act(page), what),
  };
  return new Sender(() => life, limits, pino({ level: 'silent' }));
}

function hang(_meanwhile?: unknown): Promise<never> {
  return new Promise(() => undefined);
}
