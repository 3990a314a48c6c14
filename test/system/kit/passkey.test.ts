import assert from 'node:assert/strict';
import { join } from 'node:path';
import puppeteer, { type Browser, type Page } from 'puppeteer';
import { runCli } from '../../support/cli/run-cli.ts';
import { type Kit, startKit } from '../../support/kit/kit.ts';
import { KEY } from '../../support/kit/shared-kit.ts';
import { FLAGS } from '../../support/sandbox/shared-browser.ts';

const HEADERS = { 'x-api-key': KEY };

interface SharedPasskey {
  readonly credential_id: string;
  readonly rp_id: string;
  readonly user_handle: string;
  readonly private_key: string;
}

describe('kit, linked to an account that has a passkey', () => {
  let kit: Kit;
  let browser: Browser;
  before(async () => {
    const env = {
      API_KEYS: KEY,
      SANDBOX_AUTO_LINK: 'false',
      SANDBOX_PAGE: '2026-09,passkey,passkeyCode,qrEveryMs=500',
    };
    kit = await (await startKit({ env })).up();
    await stateBecomes('qr');
    browser = await puppeteer.launch({
      headless: true,
      executablePath: join(kit.dataDir, 'sandbox/browser'),
      args: FLAGS,
    });
  });
  after(async () => {
    await browser?.close();
    await kit?.[Symbol.asyncDispose]();
  });

  const ask = async (path: string) =>
    (await fetch(`${kit.origin}/api/whatsapp/${path}`, { headers: HEADERS })).json();
  const stateBecomes = (state: string) =>
    kit.until(`the state is ${state}`, async () => (await ask('status')).state === state);
  const challenge = () =>
    kit.until('a challenge', async () => {
      const answer = await ask('passkey');
      return answer.token === undefined ? undefined : answer;
    });
  /** The way of `gatehouse passkey --answer`: without a key. */
  const answerWith = async (text: string) => {
    const response = await kit.post('/api/whatsapp/passkey', JSON.parse(text));
    return { status: response.status, body: await response.json() };
  };

  /** A tab whose authenticator has the passkey. */
  async function openTab(address: string, passkey: SharedPasskey): Promise<Page> {
    const tab = await browser.newPage();
    const protocol = await tab.createCDPSession();
    await protocol.send('WebAuthn.enable');
    const { authenticatorId } = await protocol.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    const toBase64 = (text: string) => Buffer.from(text, 'base64url').toString('base64');
    await protocol.send('WebAuthn.addCredential', {
      authenticatorId,
      credential: {
        credentialId: toBase64(passkey.credential_id),
        isResidentCredential: true,
        rpId: passkey.rp_id,
        privateKey: passkey.private_key,
        userHandle: toBase64(passkey.user_handle),
        signCount: 1,
      },
    });
    await tab.setUserAgent((await browser.userAgent()).replace('Headless', ''));
    await tab.goto(address);
    return tab;
  }

  it('is linked by an assertion that a tab at WhatsApp’s origin has made, and by no other', async () => {
    const passkey: SharedPasskey = await (await kit.post('/sandbox/api/passkey', {}, HEADERS)).json();
    await stateBecomes('qr');
    const scan = await kit.post('/sandbox/api/scan', {}, HEADERS);
    assert.match((await scan.json()).detail, /asks for a passkey/);
    await stateBecomes('passkey');
    const whatToDo = /gatehouse passkey.*unproven/s;
    assert.match((await ask('status')).reason, whatToDo);
    // The health of the bridge may be a quarter of a second old.
    await kit.until('/health says so, too', async () => (await kit.health()).whatsapp.state === 'passkey');
    const { whatsapp, whatsapp_ready } = await kit.health();
    assert.deepEqual([whatsapp.state, whatsapp_ready], ['passkey', false]);
    assert.match(whatsapp.reason ?? '', whatToDo);
    const doctor = await runCli(['doctor', kit.origin], { API_KEYS: KEY });
    assert.match(doctor.stdout, /state passkey .*\n.*asks for the passkey.*\n.*run: gatehouse passkey/);

    // The origin of the kit itself: the browser refuses the snippet there, and the ceremony without its check.
    const first = await challenge();
    const ownTab = await openTab(`${kit.origin}/health`, passkey);
    await assert.rejects(ownTab.evaluate(first.snippet), /run this in a tab at https:\/\/web\.whatsapp\.com/);
    const unchecked = first.snippet.replace("location.origin !== 'https://web.whatsapp.com'", 'false');
    assert.notEqual(unchecked, first.snippet);
    await assert.rejects(ownTab.evaluate(unchecked), /SecurityError|relying party ID/);
    await ownTab.close();

    // The real page connects to few hosts: there the snippet gives its answer as text.
    const tab = await openTab('https://web.whatsapp.com/', passkey);
    const text = String(await tab.evaluate(first.snippet));
    const stranger = { ...JSON.parse(text), token: 'x'.repeat(43) };
    assert.deepEqual((await answerWith(JSON.stringify(stranger))).body.code, 'passkey_refused');
    // Everything is right but the signature: WhatsApp refuses it, and the next challenge comes.
    const forged = JSON.parse(text);
    const signature = Buffer.from(forged.credential.response.signature, 'base64url');
    signature[signature.length - 1] = (signature.at(-1) ?? 0) ^ 1;
    forged.credential.response.signature = signature.toString('base64url');
    assert.equal((await answerWith(JSON.stringify(forged))).status, 200);
    assert.match((await answerWith(text)).body.detail, /token is unknown, used or expired/);

    const second = await kit.until('the next challenge', async () => {
      const answer = await ask('passkey');
      const isNext = answer.request !== undefined && answer.request.challenge !== first.request.challenge;
      return isNext ? answer : undefined;
    });
    assert.match(second.last_error, /refused/);
    const answered = await answerWith(String(await tab.evaluate(second.snippet)));
    assert.equal(answered.status, 200, JSON.stringify(answered.body));
    await tab.close();

    const code = await kit.until('the code', async () => (await ask('passkey')).verification_code);
    const phone = await (await fetch(`${kit.origin}/sandbox/api/state`, { headers: HEADERS })).json();
    assert.equal(code, phone.passkey_code);
    const confirm = (verification_code: string) =>
      kit.post('/api/whatsapp/passkey/confirm', { verification_code }, HEADERS);
    assert.equal((await confirm('WRONG000')).status, 422);
    assert.equal((await confirm(phone.passkey_code)).status, 200);
    await stateBecomes('ready');
    assert.equal((await ask('passkey')).code, 'passkey_unavailable');
    for (const secret of [first.token, second.token, forged.credential.response.clientDataJSON])
      assert.ok(!kit.output.includes(secret), 'the log holds a token or an assertion');
  });
});
