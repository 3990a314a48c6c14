import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readChatPiece } from '../../../../services/bridge/page/backfill.ts';
import { readFound } from '../../../../services/bridge/page/data.ts';
import { MOST_LOADS, MOST_REPEATS } from '../../../../services/bridge/page/earlier-messages.ts';
import { listMessages, ownSince } from '../../../../services/bridge/page/lookup.ts';
import { findEarlierTry } from '../../../../services/bridge/send/lookup.ts';
import { toSendRequest } from '../../../../services/bridge/send/request.ts';
import { ScriptPage } from '../../../support/bridge/script-page.ts';

const CHAT = '15553330000@c.us';
const BRIDGE = 'services/bridge';
/** The files that read from the page what may have no end. */
const READERS = [
  ...readdirSync(join(BRIDGE, 'page'), { recursive: true, encoding: 'utf8' }).map((name) =>
    join('page', name),
  ),
  'events/backfill.ts',
  'send/lookup.ts',
].filter((name) => name.endsWith('.ts'));

/** Every loop that goes on until the page says that it is over, and what ends it otherwise. */
const LOOPS: Readonly<Record<string, string>> = {
  'page/earlier-messages.ts: for (let loads = 0; !isEnough(loaded); loads += 1) {':
    'MOST_LOADS and MOST_REPEATS, below',
  "page/lookup.ts: while (msg && msg.type !== 'revoked' && Date.now() < ${notAfter}) await new Promise((go) => setTimeout(go, 50));":
    'notAfter',
  'page/listeners.ts: for (;;) {': 'the life of the page, which a new browser replaces after readyMs',
  'events/backfill.ts: for (let failures = 1; ; failures += 1) {': 'MOST_FAILURES',
  'events/backfill.ts: for (let looks = 1; performance.now() < endMs; looks += 1) {': 'endMs',
  'events/backfill.ts: for (let from: number | undefined = 0; from !== undefined && run === this.#run; ) {':
    'a piece that moves on, below',
  'send/lookup.ts: for (let tries = 0; ; tries += 1) {': 'MOST_IDS, below',
};

/** What a page may do instead of coming to the end of its messages. Gives the next load. */
const FAULTS: Readonly<Record<string, (load: number) => object[]>> = {
  'gives the same messages again': () => [message('3EB0SAME', 90)],
  'gives what it holds already': () => [message('3EB0HELD', 100)],
  'gives messages without a time': (load) => [{ ...message(`3EB0${load}`, 0), t: undefined }],
  'gives messages of today without end': (load) => [message(`3EB0${load}`, 90)],
};

/** What the kit does with the messages of a chat until the page has no more. `isOver` says that it noticed. */
const SCRIPTS: Readonly<Record<string, (page: ScriptPage) => Promise<{ readonly isOver: boolean }>>> = {
  'the list of messages': async (page) => {
    const listed = await page.evaluate(listMessages(CHAT, 1_000_000));
    return { isOver: Array.isArray(listed) && listed.length > 0 };
  },
  'the look for what was sent': async (page) => {
    const failure = await page.evaluate(ownSince(CHAT, 10)).then(
      () => '',
      (error: Error) => error.message,
    );
    return { isOver: failure.includes('gatehouse: the page does not come to the end') };
  },
  'the look for what was missed': async (page) => {
    const run = (source: string) => page.evaluate(source);
    const range = { since: 10, from: 0, most: 1_000_000, mayLoad: true };
    return { isOver: (await readChatPiece({ run }, CHAT, range)).isCut };
  },
};

const message = (key: string, t: number) => ({
  id: { fromMe: true, remote: CHAT, id: key, _serialized: `true_${CHAT}_${key}` },
  ...{ type: 'chat', body: key, t, ack: 1, from: '15550001111@c.us', to: CHAT },
});

const failedTry = (key: string) => {
  const found = { isFailed: true, isRefused: true, isEditFailed: false, mayEdit: false, mayRevoke: false };
  return readFound({ ...message(key, 90), ...found });
};

describe('bridge, before a page that does not come to an end', () => {
  let page: ScriptPage;
  let held: object[];
  let loads: number;
  let next: (load: number) => object[];
  beforeEach(async () => {
    page = new ScriptPage();
    [held, loads] = [[message('3EB0HELD', 100)], 0];
    const chat = { msgs: { getModelsArray: () => held } };
    const wid = { _serialized: CHAT, isUser: () => false };
    page.modules.WAWebCollections = { Chat: { get: () => chat } };
    page.modules.WAWebWidFactory = { createWid: () => wid };
    page.modules.WAWebSocketModel = { Socket: { hasSynced: true } };
    page.modules.WAWebChatLoadMessages = {
      loadEarlierMsgs: async () => {
        loads += 1;
        // So that a look without a bound ends, too, and fails its test.
        return loads > 3 * MOST_LOADS ? [] : next(loads);
      },
    };
    await page.evaluate(
      'window.WWebJS = { getMessageModel: (msg) => msg, sendMessage: { calls: {} } }; null',
    );
  });
  afterEach(() => page.close());

  for (const [fault, give] of Object.entries(FAULTS))
    for (const [name, script] of Object.entries(SCRIPTS))
      it(`ends ${name} when it ${fault}`, async () => {
        next = give;
        const { isOver } = await script(page);
        assert.ok(isOver);
        assert.ok(loads <= MOST_LOADS, `${loads} loads`);
        if (fault.startsWith('gives what')) assert.equal(loads, MOST_REPEATS);
      });

  for (const next of [0, 50, 100])
    it(`refuses a piece of a chat after which ${next} is next`, async () => {
      const run = async () => ({ messages: [], next, isCut: false });
      const range = { since: 10, from: 50, most: 100, mayLoad: true };
      await assert.rejects(readChatPiece({ run }, CHAT, range), /piece of a chat .* not as expected/);
    });

  it('looks for a limited number of failed tries, where one is under every id, and sends nothing', async () => {
    let looks = 0;
    const find = async (id: string) => {
      looks += 1;
      // So that a look without a bound ends, too.
      return looks > 1_000 ? undefined : failedTry(id);
    };
    const sends = {
      find,
      ownSince: async () => [],
      linkedAt: async () => undefined,
      isDeliveryOver: async () => true,
    };
    const known = { areChosen: true, isOfAnother: () => false, madeBy: () => undefined };
    const request = toSendRequest({ chatId: CHAT, message: 'a text', stanza_id: '3EB0A' });
    await assert.rejects(
      findEarlierTry({ sends }, request, CHAT, known),
      /nothing was sent: .*50 failed tries/,
    );
    assert.equal(looks, 50);
  });

  it('has a bound for every loop that could go on for ever', () => {
    const found = READERS.flatMap((name) =>
      readFileSync(join(BRIDGE, name), 'utf8')
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => /^(while \(|do \{|for \([^;)]*;)/.test(line))
        .map((line) => `${name}: ${line}`),
    );
    assert.deepEqual(found.sort(), Object.keys(LOOPS).sort());
  });
});
