import assert from 'node:assert/strict';
import { STEADY } from '../../../support/bridge/limits.ts';
import { startWorld, type World } from '../../../support/bridge/world.ts';
import { until } from '../../../support/until.ts';

const ALICE = '15553330000@c.us';
const PATIENT = { limits: STEADY };

describe('bridge, before it says that it is ready', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
  });

  /** Resolves when the session gives this reason; it must not have been ready since so many events of its state. */
  async function untilReason(reason: RegExp, told: number): Promise<void> {
    await until(String(reason), async () => reason.test((await world.status()).reason ?? ''));
    assert.equal((await world.health()).whatsapp_ready, false);
    const states = world.api.ofKind('state').slice(told);
    assert.ok(!states.some(({ data }) => data.state === 'ready'));
  }

  const untilHeard = (body: string) =>
    until(body, () => world.api.ofKind('message').some(({ data }) => data.body === body));

  /** Loads the page anew; resolves when the session has said so. */
  async function reload(): Promise<void> {
    await world.told();
    const told = world.api.ofKind('state').length;
    await world.misbehave('reload');
    await until('the reload', () => world.api.ofKind('state').length > told);
  }

  it('waits for a module that comes late, names it, and then hears what came meanwhile', async () => {
    await world.misbehave('settings', { late: ['WAWebSyncGatingUtils'], lateMs: -1 });
    await world.startBridge(PATIENT);
    await world.untilState('qr');
    await world.phone('scan', {});
    await untilReason(/listeners of whatsapp-web\.js are not attached: .*WAWebSyncGatingUtils/, 0);
    assert.equal((await world.send('too early')).status, 503);
    await world.phone('incoming', { from: ALICE, body: 'early bird' });
    await world.misbehave('load');
    await world.untilState('ready');
    await world.phone('incoming', { from: ALICE, body: 'on time' });
    for (const body of ['early bird', 'on time']) await untilHeard(body);
  });

  it('is ready although the page has no module of calls, says so, and hears calls once it has', async () => {
    await world.misbehave('settings', { late: ['WAWebCallCollection'], lateMs: -1 });
    await reload();
    await world.untilState('ready');
    await until('the remark', async () =>
      /calls are reported once/.test((await world.status()).reason ?? ''),
    );
    await world.phone('incoming', { from: ALICE, body: 'without calls' });
    await untilHeard('without calls');
    await world.misbehave('load');
    await until('no remark', async () => !/calls/.test((await world.status()).reason ?? ''));
    await world.misbehave('call', { from: ALICE, isVideo: true });
    const { data } = await until('the call', () => world.api.ofKind('call')[0]);
    assert.deepEqual([data.from, data.is_video, data.is_group], [ALICE, true, false]);
  });

  it('shows WhatsApp the user agent of the browser, without Headless', () => {
    const [agent = '', ...others] = world.sandbox.phone.userAgents;
    assert.deepEqual(others, []);
    assert.match(
      agent,
      /^Mozilla\/5\.0 \([^)]+\) AppleWebKit\/537\.36 .* Chrome\/\d+\.0\.0\.0 Safari\/537\.36$/,
    );
  });

  it('is never ready while a listener cannot be attached, says why, and is ready once it can', async () => {
    await world.told();
    const told = world.api.ofKind('state').length;
    await world.phone('behave', {});
    await world.misbehave('settings', { deaf: ['add'] });
    await world.misbehave('reload');
    await untilReason(/could not attach its listeners: .*nobody may listen to add/, told);
    await world.phone('behave', {});
    await world.untilState('ready');
    await world.phone('incoming', { from: ALICE, body: 'heard' });
    await untilHeard('heard');
  });

  it('supplies the version where the page never tells it', async () => {
    await world.misbehave('settings', { debugDelayMs: -1 });
    await reload();
    await world.untilState('ready');
    assert.equal((await world.send('with a version')).status, 200);
  });

  it('says that WhatsApp does not support the browser, with what to do, and is ready once it does', async () => {
    await world.misbehave('settings', { debugDelayMs: 0, unsupported: true });
    await reload();
    const reason = /^WhatsApp does not support this browser: ".*Chrome.*"; update Chromium/;
    await until('the reason', async () => reason.test((await world.status()).reason ?? ''));
    assert.equal((await world.health()).whatsapp_ready, false);
    await world.phone('behave', {});
    await world.untilState('ready');
  });
});
