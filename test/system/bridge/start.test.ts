import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { STEADY } from '../../support/bridge/limits.ts';
import { mountDisk, unmountDisk } from '../../support/bridge/small-disk.ts';
import { startWorld, type World } from '../../support/bridge/world.ts';
import { until } from '../../support/until.ts';

// Each test goes on where the one before it ended: a start of a browser takes seconds.
describe('bridge, starting and ending', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
    assert.deepEqual(world.processes(), []);
  });

  it('names a full disk instead of starting a browser on it, then a network without WhatsApp, and starts when both are back', async () => {
    const cut = join(world.dir, 'cut');
    const browserPath = join(world.dir, 'browser-behind-a-cut');
    writeFileSync(cut, '');
    const rules = '--host-resolver-rules=MAP * ~NOTFOUND';
    const { wrapperPath } = world.sandbox;
    writeFileSync(
      browserPath,
      `#!/bin/sh\n[ -e ${cut} ] && exec /usr/bin/chromium "$@" "${rules}"\nexec ${wrapperPath} "$@"\n`,
    );
    chmodSync(browserPath, 0o755);
    mkdirSync(world.sessionsDir, { recursive: true });
    mountDisk(world.sessionsDir, '20m');
    try {
      await world.startBridge({ browserPath, limits: STEADY });
      const { reason } = await world.untilState('disconnected');
      assert.match(reason ?? '', /the disk of .*sessions has \d+ bytes free/);
      assert.deepEqual(world.browsers(), []);
    } finally {
      unmountDisk(world.sessionsDir);
    }
    const { reason } = await world.untilState('offline');
    assert.match(reason ?? '', /^cannot reach WhatsApp: net::ERR_NAME_NOT_RESOLVED$/);
    rmSync(cut);
    await world.untilState('qr');
  });

  it('refuses a profile that another bridge lives on, names that one, and starts when it has gone', async () => {
    const first = world.bridge;
    await world.startBridge({ limits: { ...STEADY, initMs: 15_000 } });
    const { reason } = await world.untilState('disconnected');
    assert.match(reason ?? '', new RegExp(`session-test is in use by process ${first.pid} on `));
    assert.equal(world.browsers().length, 1);
    first.kill('SIGTERM');
    await world.untilState('qr');
  });

  it('outlives what the library throws where nobody catches it, and starts the browser anew', async () => {
    await world.phone('scan', {});
    await world.untilState('ready');
    await world.misbehave('settings', { debugDelayMs: -1, without: ['WABase64'] });
    await world.misbehave('reload');
    await world.untilState('disconnected');
    assert.ok(world.log.some((line) => line.includes('whatsapp-web.js failed: auth timeout')));
    await world.phone('behave', {});
    await world.untilState('ready');
    assert.equal((await world.send('still the same process')).status, 200);
  });

  it('restores the login after the bridge was killed and a browser of another host left its lock', async () => {
    await world.stopBridge('SIGKILL');
    await until('the browser to follow', () => world.processes().length === 0);
    for (const [name, target] of [
      ['SingletonLock', 'an-older-container-4711'],
      ['SingletonCookie', '4711'],
      ['SingletonSocket', '/tmp/gone/SingletonSocket'],
    ] as const) {
      rmSync(join(world.profileDir, name), { force: true });
      symlinkSync(target, join(world.profileDir, name));
    }
    await world.startBridge({ limits: { ...STEADY, sendMs: 20_000 } });
    await world.untilState('ready');
    assert.ok(world.log.some((line) => line.includes('removed the lock that an-older-container-4711 left')));
  });

  it('finishes the send under way on SIGTERM and leaves no process behind', async () => {
    await world.misbehave('policy', { serverAckMs: 500 });
    const sending = world.send('the last one');
    await until('the send to be under way', () => world.received().includes('the last one'));
    const code = await world.stopBridge();
    assert.equal((await sending).status, 200);
    assert.equal(code, 0);
    assert.deepEqual(world.processes(), []);
    assert.deepEqual(world.received(), ['still the same process', 'the last one']);
  });

  it('leaves no process behind when it is ended while the browser starts', async () => {
    await world.startBridge();
    await until('a browser', () => world.browsers().length > 0);
    assert.equal(await world.stopBridge(), 0);
    assert.deepEqual(world.processes(), []);
  });
});
