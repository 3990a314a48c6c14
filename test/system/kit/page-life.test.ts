import assert from 'node:assert/strict';
import { openEvents } from '../../support/kit/events.ts';
import { type Kit, startKit } from '../../support/kit/kit.ts';
import { OperatorView } from '../../support/kit/operator-view.ts';

const ANN = '15558889999@c.us';
const ACK_TIMEOUT_MS = 2_000;
/** Many times what the watchdog waits for an acknowledgement. */
const OFFLINE_DELIVERY_MS = 15_000;

// One page through its life: each test goes on where the one before it ended.
describe('kit, through the life of a page of WhatsApp', () => {
  let kit: Kit;
  let operator: OperatorView;
  before(async () => {
    const env = {
      SANDBOX_AUTO_LINK: 'false',
      SANDBOX_PAGE: '2026-09,onboarding,pairReloadMs=-1',
      ACK_TIMEOUT_MS: String(ACK_TIMEOUT_MS),
      LOG_FORMAT: 'json',
    };
    kit = await (await startKit({ env })).up();
    operator = new OperatorView(kit);
  });
  after(() => kit?.[Symbol.asyncDispose]());

  const phone = async () => (await fetch(`${kit.origin}/sandbox/api/state`)).json();
  const pageVersion = async () =>
    (await (await fetch(`${kit.origin}/api/whatsapp/compat`)).json()).page_version;
  const isReady = () => kit.until('ready', async () => (await kit.health()).whatsapp_ready);
  async function link(): Promise<void> {
    await kit.until('the phone sees the code', async () => (await kit.post('/sandbox/api/scan')).ok);
    await isReady();
  }
  /** Resolves when the page has been loaded again and the session has said so. */
  async function loadsAgain(cause: () => Promise<void>): Promise<void> {
    await using live = await openEvents(kit.origin);
    await cause();
    await live.next(({ type, data }) => type === 'state' && /loads its page anew/.test(String(data.reason)));
    await live.next(({ type, data }) => type === 'state' && data.state === 'ready');
  }
  async function hears(body: string): Promise<void> {
    await using live = await openEvents(kit.origin);
    await kit.post('/sandbox/api/incoming', { from: ANN, body });
    await live.next(({ type, data }) => type === 'message' && data.body === body);
  }

  it('acknowledges the dialog for new users, logs it, and sends', async () => {
    await operator.stateBecomes('qr');
    await link();
    await kit.until('the dialog is closed', async () => !(await phone()).dialog_open);
    await kit.until('a line in the log', () =>
      /acknowledged the dialog .+What’s new on WhatsApp Web.+ of WhatsApp Web/.test(kit.output),
    );
    await operator.isSentOnce(await operator.send(ANN, 'behind the dialog'), 'behind the dialog');
    await operator.isWithoutReason();
  });

  it('reads no history so soon after the link, and says for how long', async () => {
    assert.match(kit.output, /the phone was linked just now: older messages are looked up in \d+ s/);
    assert.equal((await phone()).read_of_status, 0);
  });

  it('goes on after a change of the version in mid-session: nothing is sent twice, and events go on', async () => {
    const ids: string[] = [];
    await loadsAgain(async () => {
      ids.push(await operator.send(ANN, 'at the change'));
      await operator.misbehave('upgrade', { version: '2.3000.1999999999' });
      ids.push(await operator.send(ANN, 'during the change'));
    });
    assert.equal(await pageVersion(), '2.3000.1999999999');
    for (const [index, body] of ['at the change', 'during the change'].entries())
      await operator.isSentOnce(ids[index] ?? '', body);
    await hears('after the change');
  });

  it('is degraded while the connection is down, says so, and sends by itself when it is back', async () => {
    await operator.misbehave('offline');
    await operator.says(['degraded'], /the connection to WhatsApp is down/);
    const id = await operator.send(ANN, 'while the connection is down');
    assert.match(await operator.doctor(), /state degraded .*the connection to WhatsApp is down/);
    await kit.until('the message says why it waits', async () =>
      /connection to WhatsApp is down/.test((await operator.message(id)).reason ?? ''),
    );
    await operator.misbehave('online');
    await isReady();
    await operator.isSentOnce(id, 'while the connection is down');
  });

  it('lets a send wait for the end of offline delivery, and takes that for no missing acknowledgement', async () => {
    const { restarts } = await operator.status();
    await operator.misbehave('settings', { offlineDeliveryMs: OFFLINE_DELIVERY_MS });
    const logged = kit.output.length;
    await loadsAgain(() => operator.misbehave('reload'));
    const waits = async () =>
      /sends wait for the end of offline/.test((await operator.status()).reason ?? '');
    await kit.until('the status says what sends wait for', waits);
    const id = await operator.send(ANN, 'in the offline delivery');
    // What the watchdog would have done by the end of the delivery, it would have done long before.
    let seen = kit.output.slice(logged);
    while (await waits()) {
      seen = kit.output.slice(logged);
      assert.equal((await kit.health()).whatsapp_ready, true);
    }
    assert.doesNotMatch(seen, /no acknowledgement since|has not acknowledged a message/);
    await operator.isSentOnce(id, 'in the offline delivery');
    assert.equal((await operator.status()).restarts, restarts);
    await operator.misbehave('settings', { offlineDeliveryMs: 0 });
  });

  it('says why WhatsApp Web has logged itself out and what to do, until a phone is linked again', async () => {
    await using live = await openEvents(kit.origin);
    await operator.misbehave('selfLogout', { reason: 'AccountLocked' });
    const told = /WhatsApp Web logged itself out: account_locked \(.*open WhatsApp on the phone\)/;
    await live.next(({ type, data }) => type === 'state' && told.test(String(data.reason)));
    await operator.says(['qr'], told);
    assert.match(await operator.doctor(), told);
    assert.match(kit.output, new RegExp(`session default is disconnected: ${told.source}`));
    await link();
    await operator.isWithoutReason();
  });

  it('says that the phone has unlinked it, until a phone is linked again', async () => {
    assert.equal((await kit.post('/sandbox/api/unlink')).status, 200);
    await operator.says(['qr'], /waiting for the phone to scan; .*the phone unlinked this device/);
    await link();
    await operator.isSentOnce(await operator.send(ANN, 'linked again'), 'linked again');
  });

  it('reloads with its page some time after the link, and goes on', async () => {
    await operator.misbehave('settings', { pairReloadMs: 3_000 });
    assert.equal((await kit.post('/sandbox/api/unlink')).status, 200);
    await operator.stateBecomes('qr');
    // The page that is linked has another version: this one shows that it has reloaded.
    await operator.misbehave('settings', { version: '2.3000.1888888888' });
    await kit.until('the phone sees the code', async () => (await kit.post('/sandbox/api/scan')).ok);
    const id = await operator.send(ANN, 'around the reload');
    await kit.until('the page has reloaded', async () => (await pageVersion()) === '2.3000.1888888888');
    await isReady();
    await operator.isSentOnce(id, 'around the reload');
    await hears('after the reload');
    assert.equal((await phone()).linked, true);
  });

  it('says that the login may be in use elsewhere when its page closes the connection for good', async () => {
    await operator.misbehave('replaced');
    await operator.says(['degraded'], /same login is used elsewhere: stop the other kit/);
    assert.match(await operator.doctor(), /same login is used elsewhere: stop the other kit/);
  });
});
