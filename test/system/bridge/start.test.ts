import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mountDisk, unmountDisk } from '../../support/bridge/small-disk.ts';
import { until } from '../../support/bridge/until.ts';
import { startWorld, type World } from '../../support/bridge/world.ts';

describe('bridge, starting and ending', () => {
  let world: World;
  beforeEach(async () => {
    world = await startWorld();
  });
  afterEach(async () => {
    await world[Symbol.asyncDispose]();
    assert.deepEqual(world.processes(), []);
  });

  it('says that it cannot reach WhatsApp, keeps trying, and gets there', async () => {
    const cut = join(world.dir, 'cut');
    const browserPath = join(world.dir, 'browser-behind-a-cut');
    writeFileSync(cut, '');
    const rules = '--host-resolver-rules=MAP * ~NOTFOUND';
    writeFileSync(
      browserPath,
      `#!/bin/sh\n[ -e ${cut} ] && exec /usr/bin/chromium "$@" "${rules}"\nexec ${world.sandbox.wrapperPath} "$@"\n`,
    );
    chmodSync(browserPath, 0o755);
    await world.startBridge({ browserPath });
    const { reason } = await world.untilState('offline');
    assert.match(reason ?? '', /^cannot reach WhatsApp: net::ERR_NAME_NOT_RESOLVED$/);
    await until('another try', async () => (await world.status()).restarts >= 2);
    writeFileSync(browserPath, `#!/bin/sh\nexec ${world.sandbox.wrapperPath} "$@"\n`);
    await world.untilState('qr');
  });

  it('says that WhatsApp does not answer when the page never comes up', async () => {
    await world.misbehave('settings', { openingMs: 60_000 });
    await world.startBridge({ limits: { initMs: 2_000 } });
    const { reason } = await world.untilState('offline');
    assert.match(reason ?? '', /WhatsApp Web to load took longer than 2000 ms/);
  });

  it('says which browser is missing, and that it can be set', async () => {
    await world.startBridge({ browserPath: '/nowhere/chromium' });
    const { reason } = await world.untilState('disconnected');
    assert.match(reason ?? '', /no browser at \/nowhere\/chromium.*PUPPETEER_EXECUTABLE_PATH/);
  });

  it('says which disk is full instead of starting a browser on it, and starts one when there is room', async () => {
    mkdirSync(world.sessionsDir, { recursive: true });
    mountDisk(world.sessionsDir, '20m');
    try {
      await world.startBridge();
      const { reason } = await world.untilState('disconnected');
      assert.match(reason ?? '', /the disk of .*sessions has \d+ bytes free/);
      assert.deepEqual(world.browsers(), []);
    } finally {
      unmountDisk(world.sessionsDir);
    }
    await world.untilState('qr');
  });

  it('starts on a profile that a browser of another host left locked', async () => {
    mkdirSync(world.profileDir, { recursive: true });
    symlinkSync('an-older-container-4711', join(world.profileDir, 'SingletonLock'));
    symlinkSync('4711', join(world.profileDir, 'SingletonCookie'));
    symlinkSync('/tmp/gone/SingletonSocket', join(world.profileDir, 'SingletonSocket'));
    await world.startBridge();
    await world.untilState('qr');
    assert.ok(world.log.some((line) => line.includes('removed the lock that an-older-container-4711 left')));
  });

  it('refuses a profile that another bridge lives on, names that one, and starts when it has gone', async () => {
    await world.startBridge();
    await world.untilState('qr');
    const first = world.bridge;
    await world.startBridge();
    const { reason } = await world.untilState('disconnected');
    assert.match(reason ?? '', new RegExp(`session-test is in use by process ${first.pid} on `));
    assert.equal(world.browsers().length, 1);
    first.kill('SIGTERM');
    await world.untilState('qr');
  });

  it('kills a browser that an earlier bridge left on the profile', async () => {
    mkdirSync(world.profileDir, { recursive: true });
    const args = [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      `--user-data-dir=${world.profileDir}`,
    ];
    const orphan = spawn('/usr/bin/chromium', args, { stdio: 'ignore', detached: true });
    await until('the lock of the orphan', () =>
      lstatSync(join(world.profileDir, 'SingletonLock'), { throwIfNoEntry: false }),
    );
    await world.startBridge();
    await world.untilState('qr');
    assert.equal(orphan.signalCode, 'SIGKILL');
    assert.ok(world.log.some((line) => line.includes(`killed the orphaned browser ${orphan.pid}`)));
  });

  it('restores the login after the bridge itself was killed', async () => {
    await world.link();
    await world.stopBridge('SIGKILL');
    await until('the browser to follow', () => world.processes().length === 0);
    await world.startBridge();
    await world.untilState('ready');
  });

  it('outlives what the library throws where nobody catches it, and starts the browser anew', async () => {
    await world.link({ limits: { initMs: 8_000, readyMs: 20_000 } });
    await world.misbehave('settings', { debugDelayMs: -1, without: ['WABase64'] });
    await world.misbehave('reload');
    await world.untilState('disconnected');
    assert.ok(world.log.some((line) => line.includes('whatsapp-web.js failed: auth timeout')));
    await world.phone('behave', {});
    await world.untilState('ready');
    assert.equal((await world.send('still the same process')).status, 200);
  });

  it('finishes the send under way on SIGTERM and leaves no process behind', async () => {
    await world.link();
    await world.misbehave('policy', { addMs: 500 });
    const sending = world.send('the last one');
    await until('the send to be under way', async () => (await world.status()).whatsapp_ready);
    const code = await world.stopBridge();
    assert.equal((await sending).status, 200);
    assert.equal(code, 0);
    assert.deepEqual(world.processes(), []);
    assert.deepEqual(world.received(), ['the last one']);
  });

  it('leaves no process behind when it is ended while the browser starts', async () => {
    await world.startBridge();
    await until('a browser', () => world.browsers().length > 0);
    assert.equal(await world.stopBridge(), 0);
    assert.deepEqual(world.processes(), []);
  });
});
