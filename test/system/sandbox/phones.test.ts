import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';
import { BROWSER, recordOf } from '../../support/sandbox/sandbox-folder.ts';
import { FLAGS } from '../../support/sandbox/shared-browser.ts';
import { type Witness, World } from '../../support/sandbox/world.ts';
import { until } from '../../support/until.ts';

const A = '15550001111';
/** As its owner writes it; the account is registered with the ninth digit. */
const B_TYPED = '+55 11 7777-6666';
const B = '5511977776666';
const ALICE = '15552220000@c.us';

/** The messages of people that the page holds. */
async function bodiesIn(witness: Witness): Promise<unknown> {
  return witness.client.pupPage?.evaluate(`window.require('WAWebCollections').Msg.getModelsArray()
    .filter((msg) => msg.type === 'chat' && msg.id.remote.isUser()).map((msg) => msg.body).sort()`);
}

async function accountsOf(world: World): Promise<unknown[]> {
  const rows: unknown = await (await fetch(`${world.origin}/sandbox/api/messages?phone=*`)).json();
  assert.ok(Array.isArray(rows));
  return rows.map(recordOf).map(({ phone, body, ack }) => [phone, body, ack]);
}

describe('sandbox, scanned by one phone after the other', () => {
  let world: World;
  let witness: Witness;

  before(async () => {
    world = await World.open({ settings: { historyMs: 0 } });
    witness = await world.startReadyClient();
  });
  after(() => world[Symbol.asyncDispose]());

  async function relink(phone: string): Promise<void> {
    const codeCount = witness.all('qr').length;
    await world.control('unlink');
    await until('the library shows a code', () => witness.all('qr').length > codeCount);
    // "ready" may have come once more with the logout.
    const readyCount = witness.all('ready').length;
    await world.control('scan', { phone });
    await until('the page is up', () => world.running.phone.account.audience !== undefined);
    await until('ready again', () => witness.all('ready').length > readyCount);
  }

  it('sends from the phone that has scanned, and shows what belongs to it', async () => {
    await witness.client.sendMessage(ALICE, 'from A');
    await world.control('incoming', { from: ALICE, body: 'to A' });
    await until('heard', () => witness.all('message').length === 1);

    await relink(B_TYPED);
    assert.deepEqual(await bodiesIn(witness), []);
    assert.equal(witness.client.info.wid._serialized, `${B}@c.us`);
    await world.control('incoming', { phone: A, from: ALICE, body: 'to A, who is away' });
    await world.control('incoming', { from: ALICE, body: 'to B' });
    await witness.client.sendMessage(ALICE, 'from B');
    await until('all are read', async () => {
      const rows = await accountsOf(world);
      return rows.length === 2 && rows.every((row) => Array.isArray(row) && row[2] === 3);
    });
    assert.deepEqual(await accountsOf(world), [
      [A, 'from A', 3],
      [B, 'from B', 3],
    ]);
    assert.deepEqual(await bodiesIn(witness), ['from B', 'to B']);

    await relink(A);
    await until('the history is there', async () => String(await bodiesIn(witness)) !== '');
    assert.deepEqual(await bodiesIn(witness), ['from A', 'to A', 'to A, who is away']);
  });

  it('takes nothing of a page whose phone has removed it', async () => {
    const answer = await witness.client.pupPage?.evaluate(`(async () => {
      const source = new EventSource('/stand-in/stream?page=stranger');
      await new Promise((resolve) => (source.onopen = resolve));
      const ask = async (what, body) => (await fetch('/stand-in/' + what + '?page=stranger', {
        method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
      })).status;
      await ask('hello', { device_id: 'removed' });
      const answers = [];
      for (const [what, body] of [['send', { messages: [] }], ['history', { count: 9 }], ['up', {}], ['messages', { ids: [] }]])
        answers.push(await ask(what, body));
      source.close();
      return answers;
    })()`);
    assert.deepEqual(answer, [503, 503, 503, 503]);
  });
});

describe('sandbox, page of the phones', () => {
  it('scans with the phone that its owner names, and shows whose chats it shows', async () => {
    await using world = await World.open();
    await world.control('incoming', { from: ALICE, name: 'Alice', body: 'for A' });
    const witness = await world.startClient();
    await witness.next('qr');
    const browser = await chromium.launch({ executablePath: BROWSER, args: FLAGS });
    try {
      const page = await browser.newPage();
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(error.message));
      await page.goto(`${world.origin}/sandbox`);
      await page.locator('#chats').getByText('Alice').waitFor();
      await page.getByLabel('Phone that scans').fill(B_TYPED);
      await page.getByLabel('Its name').fill('Bea');
      await page.getByRole('button', { name: 'Scan', exact: true }).click();
      await page.locator('#device-text').getByText(`+${B} (Bea)`).waitFor();
      await page.locator('#chat-name').getByText('No chat yet').waitFor();
      assert.match(await page.locator('#owner option:checked').innerText(), new RegExp(`\\+${B}$`));
      await page.getByLabel('Chats of').selectOption(A);
      await page.locator('#messages').getByText('for A').waitFor();
      await page.getByLabel('Reply').fill('for A again');
      await page.locator('#reply').getByRole('button', { name: 'Send' }).click();
      await page.locator('#messages').getByText('for A again').waitFor();
      assert.deepEqual(
        world.running.phone.accounts.all.map(({ number, state }) => [number, state.messages.size]),
        [
          [A, 2],
          [B, 0],
        ],
      );
      assert.deepEqual(errors, []);
    } finally {
      await browser.close();
    }
  });
});
