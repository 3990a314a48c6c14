import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../../../support/bridge/until.ts';
import { startWorld, type World } from '../../../support/bridge/world.ts';

describe('bridge, when the login ends', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
    await world.link();
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
  });

  it('closes the browser on disconnect and keeps the login', async () => {
    const { status, body } = await world.call('POST', '/disconnect');
    assert.equal(status, 200);
    assert.match(JSON.stringify(body), /"state":"stopped"/);
    assert.deepEqual(world.processes(), []);
    assert.equal((await world.send('while stopped')).status, 503);
    const codes = world.api.ofKind('qr').length;
    await world.call('POST', '/connect');
    await world.untilState('ready');
    await world.told();
    assert.equal(world.api.ofKind('qr').length, codes);
  });

  it('shows a new QR code after the phone unlinked it, and keeps the old profile in quarantine', async () => {
    await world.phone('unlink', {});
    await world.untilState('qr');
    assert.equal(quarantined(world).length, 1);
    assert.ok(existsSync(join(world.sessionsDir, 'quarantine', quarantined(world)[0] ?? '', 'Default')));
    await world.told();
    assert.ok(world.api.ofKind('state').some(({ data }) => data.reason === 'the phone unlinked this device'));
    await world.phone('scan', {});
    await world.untilState('ready');
    assert.equal((await world.send('linked again')).status, 200);
  });

  it('unlinks the phone on logout, and keeps the old profile in quarantine', async () => {
    const { status } = await world.call('POST', '/logout');
    assert.equal(status, 200);
    await world.untilState('qr');
    assert.equal(world.sandbox.phone.state.devices.size, 0);
    assert.equal(quarantined(world).length, 2);
    assert.equal(world.browsers().length, 1);
  });

  it('puts even a stopped session into quarantine on logout', async () => {
    await world.call('POST', '/disconnect');
    await world.call('POST', '/logout');
    await world.untilState('qr');
    await until('the quarantine', () => quarantined(world).length === 3);
  });
});

function quarantined(world: World): string[] {
  return readdirSync(join(world.sessionsDir, 'quarantine'));
}
