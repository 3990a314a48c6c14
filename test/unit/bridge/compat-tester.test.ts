import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { CompatTester } from '../../../services/bridge/compat-tester.ts';
import { CAPABILITIES } from '../../../services/bridge/page/compat/capabilities.ts';
import type { BridgeEvent } from '../../../services/contract/events.ts';
import { FakeTestedPage } from '../../support/bridge/tested-page.ts';
import { until } from '../../support/until.ts';

describe('bridge, the report of what the page breaks', () => {
  let dir: string;
  let events: BridgeEvent[];
  let holds: (string | undefined)[];
  const log: string[] = [];
  const testers: CompatTester[] = [];
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'gatehouse-compat-'));
    events = [];
    holds = [];
  });
  afterEach(async () => {
    for (const tester of testers.splice(0)) await tester.close();
    rmSync(dir, { recursive: true, force: true });
  });
  const newTester = (retestMs = 10) => {
    const tester = new CompatTester({
      session: 'test',
      path: join(dir, 'compat.json'),
      log: pino({ level: 'debug' }, { write: (line: string) => void log.push(line) }),
      retestMs,
      tell: (event) => void events.push(event),
      hold: (reason) => void holds.push(reason),
    });
    testers.push(tester);
    return tester;
  };
  const newPage = () => new FakeTestedPage(CAPABILITIES.flatMap(({ needs }) => needs));
  const told = () => events.flatMap((event) => (event.kind === 'compat' ? [event.data] : []));

  it('tells nothing of a page that has all, and how long the test took', async () => {
    const tester = newTester();
    assert.equal(await tester.test(newPage()), undefined);
    assert.deepEqual(told(), []);
    assert.ok(log.some((line) => line.includes('self-test of the page took')));
    assert.ok(tester.report.tested_at !== undefined && tester.report.took_ms !== undefined);
  });

  it('refuses the kinds that need what is broken, and no other', async () => {
    const tester = newTester();
    await tester.test(newPage().without('WAWebPrepRawMedia'));
    const medium = { kind: 'media', mimetype: 'text/plain', data: 'aGk=' } as const;
    const text = { kind: 'text', text: 'a text' } as const;
    assert.throws(() => tester.demand(medium), { code: 'page_incompatible', message: /breaks send_media/ });
    for (const content of [
      text,
      { ...text, reply_to: '3EB0A' },
      { kind: 'location', latitude: 1, longitude: 2 },
    ] as const)
      tester.demand(content);
    await tester.test(newPage());
    tester.demand(medium);
  });

  it('tells each change once, over a restart too', async () => {
    const page = () => newPage().without('WAWebPrepRawMedia');
    await newTester().test(page());
    await newTester().test(page());
    assert.deepEqual(
      told().map(({ capability, state, kinds, page_version }) => [capability, state, kinds, page_version]),
      [['send_media', 'broken', ['media'], '2.3000.1']],
    );
    await newTester().test(newPage());
    assert.deepEqual([told().length, told().at(-1)?.state], [2, 'ok']);
    assert.equal(new Set(events.map(({ key }) => key)).size, 2);
  });

  it('tells of a part that holds nothing back after the second test of a page, since it may only load late', async () => {
    const tester = newTester();
    const late = () => newPage().without('WAWebCallCollection');
    await tester.test(late());
    assert.ok(
      tester.report.capabilities.some(
        ({ capability, state }) => capability === 'calls' && state === 'broken',
      ),
    );
    tester.pageAway();
    await tester.test(late());
    assert.deepEqual(told(), []);
    await tester.test(late());
    await tester.test(late());
    await tester.test(newPage());
    assert.deepEqual(
      told().map(({ capability, state }) => [capability, state]),
      [
        ['calls', 'broken'],
        ['calls', 'ok'],
      ],
    );
  });

  it('tells that what an earlier release had called broken is no longer tested', async () => {
    const { writeFile } = await import('node:fs/promises');
    const row = { capability: 'of_another_release', state: 'broken', kinds: ['text'] };
    await writeFile(join(dir, 'compat.json'), JSON.stringify([row]));
    await newTester().test(newPage());
    assert.deepEqual(told(), [
      { capability: row.capability, state: 'ok', kinds: [], page_version: '2.3000.1' },
    ]);
  });

  it('holds the session while acknowledgements cannot be heard, and keeps it from ready without messages', async () => {
    const tester = newTester();
    const deaf = newPage().without('WAWebCollections.Msg.on');
    assert.match((await tester.test(deaf)) ?? '', /breaks inbound: WAWebCollections\.Msg\.on/);
    assert.match(holds.at(-1) ?? '', /breaks acks/);
    assert.equal(await tester.test(newPage()), undefined);
    assert.equal(holds.at(-1), undefined);
  });

  it('tests the page again while something is broken, until it is restored', async () => {
    const tester = newTester();
    const page = newPage().without('WAWebSendReactionMsgAction');
    await tester.test(page);
    let calls = 0;
    tester.pageReady({
      isReady: true,
      call: async (_what, act) => {
        calls += 1;
        return act(page);
      },
    });
    await until('it was tested again', () => calls >= 2);
    page.set('WAWebSendReactionMsgAction.sendReactionToMsg', () => undefined);
    await until('it is restored', () => told().at(-1)?.state === 'ok');
  });

  it('tests a page again in which all was well when a request has failed in it, and only then', async () => {
    const tester = newTester();
    const page = newPage();
    await tester.test(page);
    page.without('WAWebSendReactionMsgAction');
    let looks = 0;
    const browser = {
      get isReady() {
        looks += 1;
        return true;
      },
      call: async <T>(_what: string, act: (tested: FakeTestedPage) => Promise<T>) => act(page),
    };
    tester.pageReady(browser);
    await until('looks that test nothing', () => looks >= 3);
    assert.deepEqual(told(), []);
    tester.doubt();
    await until('the change is told', () => told().length > 0);
    assert.deepEqual(
      told().map(({ capability, state }) => [capability, state]),
      [['react', 'broken']],
    );
  });
});
