import assert from 'node:assert/strict';
import { openEvents } from '../../support/kit/events.ts';
import { type Kit, startKit } from '../../support/kit/kit.ts';

const PARTNER = '15558889999@c.us';

describe('kit, when WhatsApp Web changes', () => {
  let kit: Kit;
  before(async () => {
    kit = await (await startKit({ env: { ACK_TIMEOUT_MS: '1000', LOG_FORMAT: 'json' } })).ready();
  });
  after(() => kit[Symbol.asyncDispose]());

  const misbehave = async (kind: string, more: object = {}) =>
    assert.equal((await kit.post('/sandbox/api/misbehave', { kind, ...more })).status, 200);
  const status = async () => (await fetch(`${kit.origin}/api/whatsapp/status`)).json();
  const untilReason = (reason: RegExp) =>
    kit.until(`the reason ${reason}`, async () => {
      const { state, reason: text = '' } = await status();
      return reason.test(text) && state;
    });

  it('is not ready while a listener is missing, says which module it waits for, keeps sends, and then hears again', async () => {
    await misbehave('settings', { late: ['WAWebSyncGatingUtils'], lateMs: -1 });
    await misbehave('reload');
    assert.equal(await untilReason(/not attached: .*WAWebSyncGatingUtils/), 'syncing');
    assert.equal((await kit.health()).whatsapp_ready, false);
    const early = await kit.post(
      '/api/whatsapp/send',
      { chat_id: PARTNER, message: 'early' },
      { prefer: 'wait=1' },
    );
    assert.equal(early.status, 202, await early.text());
    await misbehave('load');
    await kit.until('ready again', async () => (await kit.health()).whatsapp_ready);
    await kit.until('the early one at the phone', async () =>
      (await kit.received()).some(({ body }) => body === 'early'),
    );
    await using live = await openEvents(kit.origin);
    await kit.post('/sandbox/api/incoming', { from: PARTNER, body: 'heard' });
    await live.next(({ type, data }) => type === 'message' && data.body === 'heard');
  });

  it('is degraded while acknowledgements cannot be read, keeps sends, and sends them when they can', async () => {
    await misbehave('break');
    await misbehave('policy', { mode: 'no-ack' });
    await kit.post('/api/whatsapp/send', { chat_id: PARTNER, message: 'unheard' }, { prefer: 'wait=0' });
    assert.equal(await untilReason(/acknowledgements cannot be read/), 'degraded');
    assert.equal((await kit.health()).whatsapp_ready, false);
    assert.match(kit.output, /"level":"error"[^\n]*"name":"bridge"[^\n]*WhatsApp Web has probably changed/);
    const held = await kit.post(
      '/api/whatsapp/send',
      { chat_id: PARTNER, message: 'held' },
      { prefer: 'wait=0' },
    );
    assert.equal(held.status, 202);
    await kit.post('/sandbox/api/behave');
    await misbehave('repair');
    await kit.until('the held one at the phone', async () =>
      (await kit.received()).some(({ body }) => body === 'held'),
    );
    assert.equal((await kit.health()).whatsapp_ready, true);
  });
});
