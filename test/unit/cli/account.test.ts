import assert from 'node:assert/strict';
import { startFakeKit } from '../../support/cli/fake-kit.ts';
import { runCli } from '../../support/cli/run-cli.ts';

const KEY = 'k9f86d081884c7d659a2feaa';
const ENV = { API_KEYS: KEY };
const A = { id: '15551110000@c.us', name: 'Shop' };
const B = { id: '15557770000@c.us', name: 'B\u001b[2J' };

describe('gatehouse account', () => {
  it('exits with 1 while the accounts differ, names both, and says how to decide', async () => {
    const waiting = { owner: 3, linked: 1, others: 2 };
    await using kit = await startFakeKit(200, { state: 'changed', owner: A, linked: B, waiting });
    const { status, stdout } = await runCli(['account', kit.url], ENV);
    assert.equal(status, 1);
    assert.match(
      stdout,
      /belongs to 15551110000 \(Shop\), and 15557770000 \(B \[2J\) is linked\. Nothing goes out/,
    );
    assert.match(stdout, /Messages that wait: 3 of 15551110000 \(Shop\), 1 of 15557770000/);
    assert.match(stdout, /other accounts, which were linked in between: 2/);
    assert.match(
      stdout,
      / gatehouse account adopt --linked 15557770000 .*\n.* account cancel --linked 15557770000 /,
    );
    assert.deepEqual(kit.asked, [`GET /api/whatsapp/account ${KEY}`]);
  });

  it('exits with 0 where the accounts are the same, and where none is linked', async () => {
    const waiting = { owner: 0 };
    const answers: [object, RegExp][] = [
      [{ state: 'same', owner: A, linked: A, waiting }, /15551110000 \(Shop\) is linked/],
      [{ state: 'unlinked', owner: A, waiting }, /No account is linked now/],
      [{ state: 'unlinked', waiting }, /No account has been linked yet/],
    ];
    for (const [answer, expected] of answers) {
      await using kit = await startFakeKit(200, answer);
      const { status, stdout } = await runCli(['account', kit.url], ENV);
      assert.deepEqual([status, expected.test(stdout)], [0, true], stdout);
    }
  });

  it('adopts, and says what became of how many messages', async () => {
    const counts = { adopted: 3, failed: 1, ended_unknown: 2 };
    await using kit = await startFakeKit(200, { decision: 'adopt', owner: B, previous: A, ...counts });
    const { status, stdout } = await runCli(['account', 'adopt', kit.url, '--linked', '15557770000'], ENV);
    assert.equal(status, 0);
    assert.match(
      stdout,
      /of 15551110000[^\n]*: 3\nfailed[^\n]*: 1\n[\s\S]*: 2;[\s\S]*belongs to 15557770000/,
    );
    assert.deepEqual(kit.asked, [`POST /api/whatsapp/account/adopt ${KEY} {"linked":"15557770000"}`]);
  });

  it('cancels', async () => {
    const counts = { canceled: 3, ended_unknown: 0 };
    await using kit = await startFakeKit(200, { decision: 'cancel', owner: B, previous: A, ...counts });
    const { stdout } = await runCli(['account', 'cancel', kit.url], ENV);
    assert.match(stdout, /^messages of 15551110000 \(Shop\) that were canceled: 3\nThe session belongs to/);
    assert.deepEqual(kit.asked, [`POST /api/whatsapp/account/cancel ${KEY} {}`]);
  });

  it('exits with 1 and the reason of a refusal', async () => {
    await using kit = await startFakeKit(409, { code: 'account_unchanged', detail: 'nothing to decide' });
    const { status, stdout } = await runCli(['account', 'adopt', kit.url], ENV);
    assert.deepEqual([status, stdout], [1, 'refused: nothing to decide\n']);
  });

  it('takes no word for a decision or a URL that is neither, and no --linked without a decision', async () => {
    for (const args of [['adpot'], ['adopt', 'cancel'], ['http://127.0.0.1:1', 'adopt']])
      assert.match(
        (await runCli(['account', ...args], ENV)).stderr,
        /is no decision and no URL/,
        args.join(' '),
      );
    assert.match((await runCli(['account', '--linked', '1'], ENV)).stderr, /--linked is for account adopt/);
  });

  it('says so when no kit answers there', async () => {
    await using kit = await startFakeKit(200, 'hello');
    const { status, stderr } = await runCli(['account', kit.url], ENV);
    assert.deepEqual([status, /gave no answer of a kit/.test(stderr)], [64, true]);
  });

  it('sends no key over plain http to another machine', async () => {
    const { status, stderr } = await runCli(['account', 'http://kit.example'], ENV);
    assert.deepEqual([status, /no API key is sent over plain http/.test(stderr)], [64, true]);
  });
});
