import assert from 'node:assert/strict';
import { openEvents } from '../../support/kit/events.ts';
import { type Kit, startKit } from '../../support/kit/kit.ts';
import { OperatorView } from '../../support/kit/operator-view.ts';

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

  it('sets aside only what an export breaks that vanishes from the page, and sends it when the export is back', async () => {
    const operator = new OperatorView(kit);
    await using live = await openEvents(kit.origin);
    const isTold = (state: RegExp) =>
      live.next(({ type, data }) => {
        const { capability, state: told } = data;
        return type === 'compat' && capability === 'send_media' && state.test(String(told));
      });
    await misbehave('without', { exports: ['WAWebPrepRawMedia.prepRawMedia'] });
    const media = { data: 'aGk=', mimetype: 'text/plain', filename: 'hi.txt' };
    const accepted = await kit.post(
      '/api/whatsapp/send',
      { chat_id: PARTNER, media },
      { prefer: 'respond-async' },
    );
    const { id } = await accepted.json();
    const behind = await operator.send(PARTNER, 'behind it in the chat');
    await operator.isSentOnce(behind, 'behind it in the chat');
    await isTold(/broken/);
    const held = await operator.message(id);
    assert.deepEqual([held.status, held.error?.code], ['queued', 'page_incompatible']);
    assert.match(held.reason ?? '', /breaks send_media \(WAWebPrepRawMedia\.prepRawMedia is no function\)/);
    await kit.until('/health says so', async () => {
      const { status: word, whatsapp, held_messages } = await kit.health();
      return word === 'degraded' && whatsapp.broken?.includes('send_media') && held_messages === 1;
    });
    assert.match(
      await operator.doctor(),
      /send_media is broken: WAWebPrepRawMedia[\s\S]*held: media; 1 messages/,
    );
    assert.match(kit.output, /WhatsApp Web: send_media is broken: .*held until it is restored: media/);

    await misbehave('restore');
    await isTold(/patched/);
    await kit.until('the medium is at the phone', async () =>
      (await kit.received()).some(({ media: got }) => got?.filename === 'hi.txt'),
    );
    assert.equal((await operator.message(id)).error, undefined);
    await kit.until('/health is well again', async () => (await kit.health()).status === 'ok');
  });
});
