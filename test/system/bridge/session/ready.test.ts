import assert from 'node:assert/strict';
import { until } from '../../../support/bridge/until.ts';
import { startWorld, type World } from '../../../support/bridge/world.ts';

const ALICE = '15553330000@c.us';
const PATIENT = { limits: { callMs: 10_000, readyMs: 60_000 } };

describe('bridge, before it says that it is ready', () => {
  let world: World;
  beforeEach(async () => {
    world = await startWorld();
  });
  afterEach(async () => {
    await world[Symbol.asyncDispose]();
  });

  async function untilReason(reason: RegExp): Promise<void> {
    const isSaid = async () => reason.test((await world.status()).reason ?? '');
    await until(String(reason), isSaid, 30_000);
    assert.equal((await world.health()).whatsapp_ready, false);
    assert.ok(!world.api.ofKind('state').some(({ data }) => data.state === 'ready'));
  }

  it('waits for a module that comes late, names it, and then hears what came meanwhile', async () => {
    await world.misbehave('settings', { late: ['WAWebCallCollection'], eager: true });
    await world.startBridge(PATIENT);
    await world.untilState('qr');
    await world.phone('scan', {});
    await untilReason(/listeners of whatsapp-web\.js are not attached: .*WAWebCallCollection/);
    assert.equal((await world.send('too early')).status, 503);
    await world.phone('incoming', { from: ALICE, body: 'early bird' });
    await world.misbehave('load');
    await world.untilState('ready');
    await world.phone('incoming', { from: ALICE, body: 'on time' });
    await until('the message', () => world.api.ofKind('message').some(({ data }) => data.body === 'on time'));
  });

  it('is never ready while a listener cannot be attached, says why, and is ready once it can', async () => {
    await world.misbehave('settings', { deaf: ['add'] });
    await world.startBridge(PATIENT);
    await world.untilState('qr');
    await world.phone('scan', {});
    await untilReason(/could not attach its listeners: .*nobody may listen to add/);
    await world.phone('behave', {});
    await world.untilState('ready', 60_000);
    await world.phone('incoming', { from: ALICE, body: 'heard' });
    await until('the message', () => world.api.ofKind('message').some(({ data }) => data.body === 'heard'));
  });

  it('supplies the version where the page never tells it', async () => {
    await world.misbehave('settings', { debugDelayMs: -1 });
    await world.link(PATIENT);
    assert.equal((await world.send('with a version')).status, 200);
  });

  it('shows WhatsApp the user agent of the browser, without Headless', async () => {
    await world.link(PATIENT);
    const [agent = '', ...others] = world.sandbox.phone.userAgents;
    assert.deepEqual(others, []);
    assert.match(
      agent,
      /^Mozilla\/5\.0 \([^)]+\) AppleWebKit\/537\.36 .* Chrome\/\d+\.0\.0\.0 Safari\/537\.36$/,
    );
  });
});
