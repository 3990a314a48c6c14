import assert from 'node:assert/strict';
import type { SendBody } from '../../../../services/contract/bridge.ts';
import { KitError } from '../../../../services/contract/errors.ts';
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
/** Limits that a busy machine does not reach. */
const PATIENT = { sendMs: 60_000, uploadMs: 60_000, previewMs: 60_000 };
const UPLOAD_MS = 50;
const ID = '3EB0000000000000000001';

const text = (words: string) => ({ kind: 'text', text: words }) as const;
const medium = (data = 'AAAA') => ({ kind: 'media', mimetype: 'video/mp4', data }) as const;

describe('bridge, preparing a send', () => {
  /** What was added, in order, with the name of what was prepared for it. */
  let added: string[] = [];
  const browsers: FakeBrowser[] = [];
  beforeEach(() => {
    added = [];
  });
  // Or the limits of what hangs in their pages keep this process alive.
  afterEach(() => {
    for (const browser of browsers.splice(0)) browser.end({ kind: 'stopped', reason: 'the test is over' });
  });

  const adds: Sends['send'] = async (address, content, { stanzaId, prepared }) => {
    added.push(prepared === undefined ? textOf(content) : `${textOf(content)}, prepared`);
    return madeOf(address, content, stanzaId);
  };
  const start = (sends: Partial<Sends>, limits = {}) => {
    const browser = new FakeBrowser(pageWith({ send: adds, ...sends }), { ...PATIENT, ...limits });
    browsers.push(browser);
    return browser;
  };
  const send = ({ sender }: FakeBrowser, content: SendBody['content'], chatId = ANN, more = {}) =>
    sender.send({ chatId, content, ...more });
  const failureOf = async (outcome: Promise<unknown>) => {
    const error = await outcome.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof KitError, `it did not fail: ${error}`);
    return error;
  };

  it('adds what needs nothing while other chats are being prepared, and them once they are', async () => {
    const ready = Promise.withResolvers<void>();
    const browser = start({ prepare: () => ready.promise });
    const slow = [send(browser, medium(), ANN), send(browser, text('https://a'), BOB)];
    await send(browser, text('code'), '15552220002-1@g.us');
    assert.deepEqual(added, ['code']);
    ready.resolve();
    await Promise.all(slow);
    assert.deepEqual(added.toSorted(), ['code', 'https://a, prepared', 'media, prepared']);
  });

  it('keeps the order within a chat, however long each takes', async () => {
    const uploaded = Promise.withResolvers<void>();
    const previewed = Promise.withResolvers<void>();
    const browser = start({
      prepare: (_name, _address, { kind }) => (kind === 'media' ? uploaded : previewed).promise,
    });
    const sends = [medium(), text('https://a'), text('plain')].map((content) => send(browser, content));
    previewed.resolve();
    await send(browser, text('another chat'), BOB);
    uploaded.resolve();
    await Promise.all(sends);
    assert.deepEqual(added, ['another chat', 'media, prepared', 'https://a, prepared', 'plain']);
  });

  it('asks for no preview where there is no link, or where none is wanted', async () => {
    const browser = start({ prepare: () => hang() });
    await send(browser, text('no link'));
    await send(browser, { ...text('https://a'), link_preview: false });
    assert.deepEqual(added, ['no link', 'https://a']);
  });

  it('goes without a preview that takes too long or fails, and forgets it in the page', async () => {
    const dropped: string[] = [];
    const drop = async (name: string) => void dropped.push(name);
    for (const prepare of [() => hang(), () => Promise.reject(new Error('no preview'))])
      await send(start({ prepare, drop }, { previewMs: 20 }), text('https://a'));
    assert.deepEqual(added, ['https://a', 'https://a']);
    assert.equal(dropped.length, 2);
  });

  it('fails once and for all when an upload takes too long, with the limit and its setting', async () => {
    const browser = start({ prepare: () => hang() }, { uploadMs: UPLOAD_MS });
    const { code, message } = await failureOf(send(browser, medium()));
    assert.equal(code, 'upload_failed');
    assert.match(message, /^nothing was sent: .* longer than 50 ms \(SEND_UPLOAD_TIMEOUT_MS\)/);
    await send(browser, text('next'));
    assert.deepEqual([added, browser.ends], [['next'], []]);
  });

  for (const [what, content] of [
    ['an upload', medium()],
    ['a preview', text('https://a')],
  ] as const)
    it(`is called off by a look for the message (${what}), and the next of its chat goes out`, async () => {
      const preparing = Promise.withResolvers<void>();
      const browser = start({
        prepare: (name) => {
          if (!name.endsWith(ID)) return Promise.resolve();
          preparing.resolve();
          return hang();
        },
      });
      const first = send(browser, content, ANN, { stanza_id: ID });
      const next = send(browser, text('next'));
      await preparing.promise;
      const look = send(browser, content, ANN, {
        stanza_id: ID,
        retry: { since: 0, known: [], only_look: true },
      });
      assert.equal((await failureOf(look)).code, 'not_found');
      assert.match((await failureOf(first)).message, /^nothing was sent: the send was called off/);
      await next;
      assert.deepEqual([added, browser.ends], [['next'], []]);
    });

  it('is not called off by a look once the message is being added: both get its answer', async () => {
    const adding = Promise.withResolvers<void>();
    const isAdding = Promise.withResolvers<void>();
    const browser = start({
      prepare: () => Promise.resolve(),
      send: async (...given) => {
        isAdding.resolve();
        await adding.promise;
        return adds(...given);
      },
    });
    const first = send(browser, medium(), ANN, { stanza_id: ID });
    await isAdding.promise;
    const look = send(browser, medium(), ANN, {
      stanza_id: ID,
      retry: { since: 0, known: [], only_look: true },
    });
    adding.resolve();
    assert.equal((await look).messageId, (await first).messageId);
    assert.deepEqual(added, ['media, prepared']);
  });

  it('keeps a medium for another try when its time passed while WhatsApp was away', async () => {
    const prepare = () => {
      browser.isReady = false;
      return hang();
    };
    const browser = start({ prepare }, { uploadMs: UPLOAD_MS });
    assert.equal((await failureOf(send(browser, medium()))).code, 'whatsapp_not_ready');
  });

  it('gives the place of an upload that hangs for ever to the next', async () => {
    let hanging = 0;
    const prepare = () => {
      hanging += 1;
      return hanging > 8 ? Promise.resolve() : hang();
    };
    const browser = start({ prepare }, { uploadMs: UPLOAD_MS });
    const chats = Array.from({ length: 8 }, (_, n) => `1555000${n}-1@g.us`);
    const codes = await Promise.all(
      chats.map(async (chat) => (await failureOf(send(browser, medium(), chat))).code),
    );
    assert.deepEqual([...new Set(codes)], ['upload_failed']);
    await send(browser, medium());
    assert.deepEqual(added, ['media, prepared']);
  });

  it('ends a browser whose memory uploads hold that never end, once no send is under way', async () => {
    const browser = start(
      { prepare: (_name, _address, { kind }) => (kind === 'media' ? hang() : waiting.promise) },
      {
        uploadMs: UPLOAD_MS,
      },
    );
    const waiting = Promise.withResolvers<void>();
    const other = send(browser, text('https://a'), BOB);
    const data = 'A'.repeat(48 * 1024 ** 2);
    for (let n = 0; n < 4; n += 1) await failureOf(send(browser, medium(data)));
    assert.equal(browser.ends.length, 0);
    waiting.resolve();
    await other;
    assert.match(browser.ends[0]?.reason ?? 'none', /^uploads that never ended hold \d+ bytes/);
    assert.deepEqual(added, ['https://a, prepared']);
  });

  it('is certain that nothing was sent when the browser ends meanwhile', async () => {
    const browser = start({ prepare: () => hang() });
    const outcomes = [send(browser, medium(), ANN), send(browser, text('https://a'), BOB)].map(failureOf);
    await send(browser, text('others'), '15552220002-1@g.us');
    browser.end({ kind: 'failed', reason: 'killed' });
    for (const { code, message } of await Promise.all(outcomes))
      assert.deepEqual([code, message], ['whatsapp_not_ready', 'nothing was sent: killed']);
    assert.deepEqual(added, ['others']);
  });

  it('gives up a medium that ends one browser after the other, which from the second on it uploads alone', async () => {
    let uploads: string[] = [];
    const prepare: Sends['prepare'] = (_name, address) => hang(uploads.push(address));
    const browser = start({ prepare });
    const codes: string[] = [];
    const wereAlone: boolean[] = [];
    for (let n = 1; n <= 5; n += 1) {
      uploads = [];
      const outcome = failureOf(send(browser, medium(), ANN, { stanza_id: '3EB0AAAAAAAAAAAAAAAAAA' }));
      await send(browser, text('after that one has begun'), '15552220002-1@g.us');
      const other = failureOf(send(browser, medium(), BOB));
      await send(browser, text('after the other one could begin'), '15552220002-1@g.us');
      wereAlone.push(uploads.join() === ANN);
      browser.end({ kind: 'failed', reason: `crash ${n}` });
      codes.push((await outcome).code);
      assert.equal((await other).code, 'whatsapp_not_ready');
      browser.startAgain();
    }
    assert.deepEqual(wereAlone, [false, true, true, true, true]);
    assert.deepEqual(codes, [...Array(4).fill('whatsapp_not_ready'), 'upload_failed']);
  });

  it('is given up when the bridge closes, which does not wait for it', async () => {
    const browser = start({ prepare: () => hang() });
    const outcomes = [send(browser, medium(), ANN), send(browser, text('https://a'), BOB)].map(failureOf);
    await send(browser, text('others'), '15552220002-1@g.us');
    await browser.sender.close();
    for (const { code, message } of await Promise.all(outcomes))
      assert.deepEqual([code, message], ['whatsapp_not_ready', 'nothing was sent: the bridge is closing']);
  });
});
