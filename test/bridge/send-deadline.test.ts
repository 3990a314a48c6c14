import assert from 'node:assert/strict';
import pino from 'pino';
import { within } from '../../services/bridge/deadline.ts';
import { type LifeEnd, LifeEndedError } from '../../services/bridge/life-end.ts';
import { Sender } from '../../services/bridge/send.ts';
import type { SendingLife, SendingPage } from '../../services/bridge/send-life.ts';
import type { NewContent } from '../../services/bridge/whatsapp-content.ts';
import type { SendStage } from '../../services/bridge/whatsapp-sends.ts';
import { KitError } from '../../services/contract/errors.ts';
import { LIMITS } from './world.ts';

const SEND_MS = 600;
const ACK_WAIT_MS = 200;
const GROUP = '15552220000-1500000000@g.us';

describe('bridge, the one deadline of a send', () => {
  it('covers the wait for others: what did not get its turn in time is not sent, and says so in time', async () => {
    const texts: string[] = [];
    const page = pageWith({ send: (_address, content) => hang(texts.push(textOf(content))) });
    const startedAt = performance.now();
    const outcomes = await Promise.all(['first', 'second', 'third'].map((text) => send(page, GROUP, text)));
    const tookMs = performance.now() - startedAt;
    assert.deepEqual(
      outcomes.map(({ code }) => code),
      ['outcome_unknown', 'whatsapp_not_ready', 'whatsapp_not_ready'],
    );
    assert.match(
      outcomes[1]?.message ?? '',
      /^nothing was sent: it waited for other sends|the browser has ended/,
    );
    assert.deepEqual(texts, ['first']);
    assert.ok(tookMs < SEND_MS + ACK_WAIT_MS, `the last answer came after ${tookMs} ms`);
  });

  it('covers the check of the number: the send gets only the rest', async () => {
    const checkMs = 300;
    let notAfter = 0;
    const page = pageWith({
      addressOf: (chatId) => new Promise((resolve) => setTimeout(resolve, checkMs, chatId)),
      send: (_address, _content, options) => {
        notAfter = options.notAfter;
        return hang();
      },
    });
    const [startedAt, arrivedAt] = [performance.now(), Date.now()];
    const { code } = await send(page, '15552220000@c.us', 'late');
    const tookMs = performance.now() - startedAt;
    assert.equal(code, 'outcome_unknown');
    assert.ok(tookMs < SEND_MS + ACK_WAIT_MS, `the answer came after ${tookMs} ms`);
    assert.ok(notAfter - arrivedAt <= SEND_MS + 50, `the page might send ${notAfter - arrivedAt} ms after`);
  });

  it('sends nothing when the check of the number took all of it', async () => {
    const sent: string[] = [];
    const page = pageWith({
      addressOf: (chatId) => new Promise((resolve) => setTimeout(resolve, SEND_MS - 50, chatId)),
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
});

type Sends = SendingPage['sends'];

function pageWith(sends: Partial<Sends>): SendingPage {
  return {
    sends: {
      addressOf: async (chatId) => chatId,
      send: () => hang(),
      cancelSend: async () => 'adding',
      find: async () => undefined,
      ownSince: async () => [],
      react: async () => undefined,
      edit: async () => true,
      revoke: async () => undefined,
      ...sends,
    },
  };
}

/** One sender a page, so that its sends queue. */
const senders = new WeakMap<SendingPage, Sender>();
const ends = new WeakMap<SendingPage, LifeEnd>();

function endOf(page: SendingPage): LifeEnd | undefined {
  return ends.get(page);
}

async function send(page: SendingPage, chatId: string, message: string): Promise<KitError> {
  const sender = senders.get(page) ?? startSender(page);
  senders.set(page, sender);
  const outcome = await sender.send({ chatId, message }).catch((error: unknown) => error);
  assert.ok(outcome instanceof KitError, String(outcome));
  return outcome;
}

function startSender(page: SendingPage): Sender {
  const limits = { ...LIMITS, sendMs: SEND_MS, ackWaitMs: ACK_WAIT_MS };
  const dead = new AbortController();
  const life: SendingLife = {
    signal: dead.signal,
    call: (what, act, ms = limits.callMs) => within(ms, act(page), what, dead.signal),
    end(end) {
      ends.set(page, end);
      dead.abort(new LifeEndedError(end.reason));
    },
  };
  const readyLife = () => {
    if (dead.signal.aborted) throw new KitError('whatsapp_not_ready', 'the browser has ended');
    return life;
  };
  return new Sender(readyLife, limits, pino({ level: 'silent' }));
}

function textOf(content: NewContent): string {
  return content.kind === 'text' ? content.text : content.kind;
}

function hang(_meanwhile?: unknown): Promise<never> {
  return new Promise(() => undefined);
}
