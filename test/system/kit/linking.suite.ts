import assert from 'node:assert/strict';
import type { Kit } from '../../support/kit/kit.ts';
import { firstMessageSent, sharedUnlinkedKit } from '../../support/kit/shared-kit.ts';

describe('kit, linked to a phone by hand', () => {
  let kit: Kit;
  before(async () => {
    kit = await sharedUnlinkedKit();
  });

  const status = async () => (await fetch(`${kit.origin}/api/whatsapp/status`)).json();
  const stateBecomes = (state: string) =>
    kit.until(`the state is ${state}`, async () => (await status()).state === state);
  let earlyId = '';
  const isSent = (id: string) =>
    kit.until(`message ${id} is sent`, async () => {
      const message = await (await fetch(`${kit.origin}/api/whatsapp/messages/${id}`)).json();
      return message.server_ack_at !== undefined;
    });
  /** Waits 1 s for the send, and not SEND_WAIT_MS. */
  const send = (message: string) =>
    kit.post('/api/whatsapp/send', { chat_id: '15550107002', message }, { prefer: 'wait=1' });
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
    const response = await send('early');
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
    await firstMessageSent(kit);
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
    const kept = await send('while stopped');
    assert.equal(kept.status, 202);
    assert.equal((await kit.post('/api/whatsapp/connect')).status, 200);
    await stateBecomes('ready');
    await isSent((await kept.json()).id);
  });

  it('asks for a new scan after the phone has unlinked it', async () => {
    assert.equal((await kit.post('/sandbox/api/unlink')).status, 200);
    await stateBecomes('qr');
    await kit.until('the phone sees the code', async () => (await kit.post('/sandbox/api/scan')).ok);
    await stateBecomes('ready');
  });

  it('shows a QR code again after a reset of the session', async () => {
    assert.equal((await kit.post('/api/whatsapp/reset-session')).status, 200);
    await stateBecomes('qr');
    assert.equal((await kit.post('/api/whatsapp/connect')).status, 200);
    assert.equal((await status()).state, 'qr');
  });
});
