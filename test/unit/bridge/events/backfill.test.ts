import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { Backfill, type CaughtUpBrowser } from '../../../../services/bridge/events/backfill.ts';
import type { BridgeEvent } from '../../../../services/contract/events.ts';
import { until } from '../../../support/until.ts';

const ALICE = '15553330000@c.us';
const BOB = '15554440000@c.us';
const nowS = () => Math.floor(Date.now() / 1000);

/** A ready browser whose page has these chats, each in pieces of one message. */
class FakeBrowser implements CaughtUpBrowser {
  readonly signal = new AbortController().signal;
  readonly whatsapp: { readonly account: { readonly id: string } };
  /** Texts by chat. */
  chats: Record<string, string[]> = {};
  failing = new Set<string>();
  /** From when on each look asked for chats, in Unix seconds. */
  readonly since: number[] = [];
  /** Of each look into a chat, whether the page may load what it does not hold. */
  readonly loads: boolean[] = [];

  constructor(account = '15550001111@c.us') {
    this.whatsapp = { account: { id: account } };
  }

  call<T>(_what: string, act: (page: { run(source: string): Promise<unknown> }) => Promise<T>): Promise<T> {
    return act({ run: async (source) => this.#run(source) });
  }

  #run(source: string): unknown {
    if (source.startsWith('performance.')) return Date.now() / 1000;
    const id = /const id = "([^"]+)"/.exec(source)?.[1];
    if (id === undefined) {
      this.since.push(Number(/t >= (\d+)/.exec(source)?.[1]));
      return Object.keys(this.chats).map((chat) => ({ id: chat, t: nowS() }));
    }
    this.loads.push(/mayLoad = (true|false)/.exec(source)?.[1] === 'true');
    if (this.failing.has(id)) throw new Error('the page would not say');
    const texts = this.chats[id] ?? [];
    const from = Number(/\.slice\((\d+), /.exec(source)?.[1]) / 50;
    const messages = texts.slice(from, from + 1).map((text) => rawMessage(id, text));
    return { messages, next: from + 1 < texts.length ? (from + 1) * 50 : null, isCut: false };
  }
}

describe('bridge, looking up what happened while it did not listen', () => {
  let dir: string;
  let backfill: Backfill;
  let taken: BridgeEvent[];
  let lines: string[];
  const cursorPath = () => join(dir, 'known.json');
  const cursor = (): unknown => JSON.parse(readFileSync(cursorPath(), 'utf8'));
  const bodies = () => taken.flatMap((event) => (event.kind === 'message' ? [event.data.body] : []));
  const isLogged = (text: string) => lines.some((line) => line.includes(text));

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'gatehouse-backfill-'));
    [taken, lines] = [[], []];
    backfill = newBackfill();
  });
  afterEach(async () => {
    backfill.pageAway();
    await backfill.close();
    rmSync(dir, { recursive: true });
  });

  function newBackfill(pairingQuietMs = 0): Backfill {
    // A look of an earlier test may still end: it writes into the lists of that test.
    const [taking, logged] = [taken, lines];
    const made = new Backfill({
      session: 'test',
      cursorPath: cursorPath(),
      pairingPath: join(dir, 'paired.json'),
      pairingQuietMs,
      log: pino({ level: 'info' }, { write: (line) => void logged.push(line) }),
      take: (event) => {
        taking.push(event);
        made.kept([event]);
      },
      kept: async () => undefined,
    });
    return made;
  }

  it('tells the messages of each chat in order, piece by piece, and none a second time', async () => {
    const browser = new FakeBrowser();
    browser.chats = { [ALICE]: ['a1', 'a2', 'a3'], [BOB]: ['b1'] };
    backfill.linking();
    backfill.pageReady(browser);
    await until('all', () => isLogged('4 events were looked up in 2 chats'));
    assert.deepEqual(bodies(), ['a1', 'a2', 'a3', 'b1']);
    browser.chats[BOB] = ['b1', 'b2'];
    backfill.pageReady(browser);
    await until('the new one', () => isLogged('1 events were looked up in 2 chats'));
    assert.deepEqual(bodies().slice(4), ['b2']);
  });

  it('tries again from where it was when the page would not say, and tells the other chats meanwhile', async () => {
    const browser = new FakeBrowser();
    browser.chats = { [ALICE]: ['missed'], [BOB]: ['of another chat'] };
    browser.failing.add(ALICE);
    backfill.linking();
    backfill.pageReady(browser);
    await until('a failure', () => isLogged('what was missed could not be looked up, and will be'));
    assert.deepEqual(bodies(), ['of another chat']);
    backfill.pageAway();
    await backfill.close();
    browser.failing.clear();
    // Another process: it knows only the cursor.
    backfill = newBackfill();
    backfill.linking();
    backfill.pageReady(browser);
    await until('what was missed', () => bodies().includes('missed'));
    assert.equal(browser.since.length, 2);
    assert.equal(browser.since[0], browser.since[1]);
  });

  it('tells what the page holds right after a phone was linked, and lets it load the rest later', async () => {
    const browser = new FakeBrowser();
    browser.chats = { [ALICE]: ['at once'] };
    backfill = newBackfill(2_000);
    backfill.codeShown();
    backfill.linking();
    backfill.pageReady(browser);
    await until('the first look', () => isLogged('older messages are looked up in'));
    assert.deepEqual([bodies(), browser.loads], [['at once'], [false]]);
    browser.chats[ALICE] = ['older', 'at once'];
    await until('the last look', () => browser.loads.includes(true));
    assert.deepEqual(bodies(), ['at once', 'older']);
  });

  it('tells the history that a page gets after a phone was linked, and has it load nothing', async () => {
    const browser = new FakeBrowser();
    backfill = newBackfill(600_000);
    backfill.codeShown();
    backfill.linking();
    backfill.pageReady(browser);
    await until('the first look', () => isLogged('older messages are looked up in'));
    browser.chats = { [ALICE]: ['came with the history'] };
    await until('what came', () => bodies().includes('came with the history'));
    assert.deepEqual([...new Set(browser.loads)], [false]);
  });

  it('takes nothing for news that is older than the link', async () => {
    const linkedAt = nowS();
    const browser = new FakeBrowser();
    backfill.linking();
    backfill.pageReady(browser);
    await until('a look', () => browser.since.length === 1);
    assert.ok((browser.since[0] ?? 0) >= linkedAt - 2, `since ${browser.since[0]}, linked at ${linkedAt}`);
  });

  it('takes nothing for news that another account left before it was linked', async () => {
    const first = new FakeBrowser();
    first.chats = { [ALICE]: ['of the first'] };
    backfill.linking();
    backfill.pageReady(first);
    await until('the first', () => isLogged('1 events'));
    const second = new FakeBrowser('15550002222@c.us');
    second.chats = { [ALICE]: ['of the past'] };
    backfill.pageReady(second);
    await until('its cursor', () => JSON.stringify(cursor()).includes('15550002222@c.us'));
    assert.deepEqual(bodies(), ['of the first']);
  });

  it('tells what another account has got since its phone was linked, and of the first what came meanwhile', async () => {
    const ofGroup = { '1203@g.us': ['in a group of both'] };
    const first = new FakeBrowser();
    first.chats = { [ALICE]: ['of the first'], ...ofGroup };
    backfill.linking();
    backfill.pageReady(first);
    await until('the first', () => isLogged('2 events'));
    const link = (browser: FakeBrowser) => {
      backfill.pageAway();
      backfill.codeShown();
      backfill.linking();
      backfill.pageReady(browser);
    };
    const linkedAt = nowS();
    const second = new FakeBrowser('15550002222@c.us');
    second.chats = { [BOB]: ['came while it was linked'], ...ofGroup };
    link(second);
    await until('what came', () => bodies().includes('came while it was linked'));
    await until(
      'the group of both',
      () => bodies().filter((text) => text === 'in a group of both').length === 2,
    );
    assert.ok((second.since[0] ?? 0) >= linkedAt - 2);
    assert.deepEqual(
      [...new Set(taken.map(({ account }) => account))],
      ['15550001111@c.us', '15550002222@c.us'],
    );
    first.chats = { [ALICE]: ['of the first', 'while the other was linked'], ...ofGroup };
    link(first);
    await until('what came meanwhile', () => bodies().includes('while the other was linked'));
    assert.equal(first.since[1], first.since[0]);
    assert.equal(bodies().length, 5);
    assert.equal(taken.at(-1)?.account, '15550001111@c.us');
  });
});

function rawMessage(chat: string, body: string): object {
  const id = { fromMe: false, remote: chat, id: `3EB0${body}`, _serialized: `false_${chat}_3EB0${body}` };
  return { id, type: 'chat', body, t: nowS(), ack: 1, from: chat, to: '15550001111@c.us' };
}
