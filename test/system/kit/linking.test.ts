import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findBrowser } from '../../../services/runtime/find-browser.ts';
import { type Kit, startKit } from '../../support/kit/kit.ts';

describe('kit, linked to a phone by hand', function () {
  this.timeout(120_000);
  let kit: Kit;
  before(async () => {
    kit = await (await startKit({ env: { SANDBOX_AUTO_LINK: 'false', SEND_WAIT_MS: '1000' } })).up();
    await stateBecomes('qr');
  });
  after(() => kit[Symbol.asyncDispose]());

  const status = async () => (await fetch(`${kit.origin}/api/whatsapp/status`)).json();
  const stateBecomes = (state: string) =>
    kit.until(`the state is ${state}`, async () => (await status()).state === state, 60_000);
  let earlyId = '';
  const isSent = (id: string) =>
    kit.until(`message ${id} is sent`, async () => {
      const message = await (await fetch(`${kit.origin}/api/whatsapp/messages/${id}`)).json();
      return message.server_ack_at !== undefined;
    });
  const qr = (accept: string) => fetch(`${kit.origin}/api/whatsapp/qr`, { headers: { accept } });

  it('is healthy without a phone: no deploy waits for a scan', async () => {
    const response = await fetch(`${kit.origin}/health`);
    assert.equal(response.status, 200);
    const health = await response.json();
    assert.deepEqual(
      [health.status, health.whatsapp_ready, health.whatsapp.state],
      ['degraded', false, 'qr'],
    );
  });

  it('keeps a message and says why it waits', async () => {
    const response = await kit.post('/api/whatsapp/send', { chat_id: '15551234567', message: 'early' });
    const { id, status: word, reason } = await response.json();
    assert.deepEqual([response.status, word], [202, 'queued']);
    assert.match(reason, /waiting for the phone to scan/);
    earlyId = id;
    const { outbox } = await status();
    assert.equal(outbox.waiting, 1);
  });

  it('shows the code as JSON, PNG and SVG', async () => {
    const { qr: text } = await (await qr('application/json')).json();
    assert.ok(text.length > 10);
    assert.deepEqual(
      Buffer.from(await (await qr('image/png')).arrayBuffer())
        .subarray(1, 4)
        .toString(),
      'PNG',
    );
    assert.match(await (await qr('image/svg+xml')).text(), /^<svg /);
  });

  it('gives a pairing code for a number', async () => {
    const body = await (
      await kit.post('/api/whatsapp/pairing-code', { phone_number: '+1 555 000 1111' })
    ).json();
    assert.match(body.code, /^[A-Z0-9]{8}$/, JSON.stringify(body));
  });

  it('is ready after the scan, and has no code any more', async () => {
    assert.equal((await kit.post('/sandbox/api/scan')).status, 200);
    await stateBecomes('ready');
    const refused = await qr('application/json');
    assert.deepEqual([refused.status, (await refused.json()).code], [409, 'qr_unavailable']);
  });

  it('sends what has waited, once', async () => {
    await isSent(earlyId);
    assert.equal((await kit.received()).filter(({ body }) => body === 'early').length, 1);
  });

  it('closes the browser on request, keeps the login, and comes back without a scan', async () => {
    assert.equal((await kit.post('/api/whatsapp/disconnect')).status, 200);
    await stateBecomes('stopped');
    const kept = await kit.post('/api/whatsapp/send', { chat_id: '15551234567', message: 'while stopped' });
    assert.equal(kept.status, 202);
    assert.equal((await kit.post('/api/whatsapp/connect')).status, 200);
    await stateBecomes('ready');
    await isSent((await kept.json()).id);
  });

  it('wants a new scan after the phone has unlinked it', async () => {
    assert.equal((await kit.post('/sandbox/api/unlink')).status, 200);
    await stateBecomes('qr');
    await kit.until('the phone sees the code', async () => (await kit.post('/sandbox/api/scan')).ok);
    await stateBecomes('ready');
  });

  it('begins anew when the session is reset', async () => {
    assert.equal((await kit.post('/api/whatsapp/reset-session')).status, 200);
    await stateBecomes('qr');
    assert.equal((await kit.post('/api/whatsapp/connect')).status, 200);
  });
});

describe('kit, on a machine that does not reach WhatsApp', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-offline-'));
  const browser = join(folder, 'browser');
  before(async () => {
    writeFileSync(
      browser,
      `#!/bin/sh\nexec '${await findBrowser('')}' "$@" '--host-resolver-rules=MAP * ~NOTFOUND'\n`,
    );
    chmodSync(browser, 0o755);
  });
  after(() => rmSync(folder, { recursive: true }));

  it('says so, keeps trying, and stays up', async () => {
    await using kit = await (
      await startKit({ args: ['start'], env: { PUPPETEER_EXECUTABLE_PATH: browser } })
    ).up();
    await kit.until('it says so', async () => (await kit.health()).whatsapp.state === 'offline');
    const status = await (await fetch(`${kit.origin}/api/whatsapp/status`)).json();
    assert.match(status.reason, /cannot reach WhatsApp: net::ERR_NAME_NOT_RESOLVED/);
    const bridge = kit.pidOf('bridge');
    await kit.until('it tries again', () => kit.output.split('"state":"offline"').length > 2);
    assert.equal(kit.pidOf('bridge'), bridge);
    assert.equal((await fetch(`${kit.origin}/health`)).status, 200);
  });
});
