import assert from 'node:assert/strict';
import { startFakeKit } from '../../support/cli/fake-kit.ts';
import { runCli } from '../../support/cli/run-cli.ts';

const KEY = 'k9f86d081884c7d659a2feaa';
const ENV = { API_KEYS: KEY };

describe('gatehouse passkey', () => {
  it('prints the snippet, and why the last try failed', async () => {
    const answer = { snippet: '(async () => 1)()', expires_at: 'soon', last_error: 'refused\u001b[2J' };
    await using kit = await startFakeKit(200, answer);
    const { status, stdout } = await runCli(['passkey', kit.url], ENV);
    assert.equal(status, 0);
    assert.match(stdout, /web\.whatsapp\.com[\s\S]*\(async \(\) => 1\)\(\)\n$/);
    assert.match(stdout, /The last try failed: refused \[2J\n/);
    assert.deepEqual(kit.asked, [`GET /api/whatsapp/passkey ${KEY}`]);
  });

  it('gives the kit the answer of the snippet, or the code that the phone shows', async () => {
    await using kit = await startFakeKit(200, { stage: 'WaitingForPrimaryIdentity' });
    const { stdout } = await runCli(['passkey', kit.url, '--answer', '{"token":"t"}'], ENV);
    assert.equal(stdout, 'The link is at the stage WaitingForPrimaryIdentity.\n');
    await runCli(['passkey', kit.url, '--confirm', 'ABCD1234'], ENV);
    assert.deepEqual(kit.asked, [
      `POST /api/whatsapp/passkey ${KEY} {"token":"t"}`,
      `POST /api/whatsapp/passkey/confirm ${KEY} {"verification_code":"ABCD1234"}`,
    ]);
  });

  it('says which code to compare, and how to confirm it', async () => {
    await using kit = await startFakeKit(200, { verification_code: 'ABCD1234' });
    const { stdout } = await runCli(['passkey', kit.url], ENV);
    assert.match(stdout, /ABCD1234.*gatehouse passkey --confirm ABCD1234\n$/);
  });

  it('takes no code of a form that a shell could run', async () => {
    await using kit = await startFakeKit(200, { verification_code: '$(rm -rf .)' });
    const { status, stdout } = await runCli(['passkey', kit.url], ENV);
    assert.equal(status, 64);
    assert.equal(stdout, '');
  });

  it('exits 1 with the reason of a refusal', async () => {
    await using kit = await startFakeKit(422, { detail: 'the token is unknown, used or expired' });
    const { status, stdout } = await runCli(['passkey', kit.url, '--answer', '{}'], ENV);
    assert.deepEqual([status, stdout], [1, 'refused: the token is unknown, used or expired\n']);
  });

  it('sends no key over plain http to another machine', async () => {
    const { status, stderr } = await runCli(['passkey', 'http://kit.example'], ENV);
    assert.equal(status, 64);
    assert.match(stderr, /no API key is sent over plain http/);
  });
});
