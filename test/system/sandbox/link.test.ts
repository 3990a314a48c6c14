import assert from 'node:assert/strict';
import { recordOf } from '../../support/sandbox/sandbox-folder.ts';
import { World } from '../../support/sandbox/world.ts';
import { until } from '../../support/until.ts';

async function stateOf(world: World): Promise<Record<string, unknown>> {
  const response = await fetch(`${world.origin}/sandbox/api/state`);
  return recordOf(await response.json());
}

describe('sandbox, linking by itself', () => {
  it('links each code that is shown, until somebody unlinks it', async () => {
    await using world = await World.open({ autoLink: true });
    const witness = await world.startClient();
    await witness.next('ready');
    assert.equal((await stateOf(world)).linked, true);

    await world.control('unlink');
    assert.deepEqual(await witness.next('disconnected'), ['LOGOUT']);
    await until('a code is shown', async () => (await stateOf(world)).qr !== null);
    const { linked, auto_link } = await stateOf(world);
    assert.deepEqual([linked, auto_link], [false, false]);
    assert.equal(witness.all('ready').length, 1);

    await until('the library shows it', () => witness.all('qr').length > 1);
    await world.control('scan');
    await until('ready again', () => witness.all('ready').length > 1);
  });
});

describe('sandbox, unlinked while the client is down', () => {
  it('shows a code at the next start, and no auth_failure', async () => {
    await using world = await World.open();
    const first = await world.startReadyClient();
    await first.close();
    await world.control('unlink');
    const second = await world.startClient();
    await second.next('qr');
    assert.equal(second.all('ready').length, 0);
  });
});

describe('sandbox, lacking a module that the library needs', () => {
  it('lets the client get no further than `authenticated`', async () => {
    await using world = await World.open();
    await world.control('misbehave', { kind: 'settings', without: ['WAWebSyncGatingUtils'] });
    const witness = await world.startClient();
    await witness.next('qr');
    await world.control('scan');
    await witness.next('authenticated');
    await until('the page tells what is missing', async () => {
      const { unknown_modules: unknown } = await stateOf(world);
      return Array.isArray(unknown) && unknown.includes('WAWebSyncGatingUtils');
    });
    assert.equal(witness.all('ready').length, 0);
  });
});

describe('sandbox, before the library listens', () => {
  it('waits for it, so that `ready` and messages come however slow the library is', async () => {
    await using world = await World.open();
    const settings = { openingMs: 0, pairMs: 0, syncMs: 0, debugDelayMs: 400 };
    await world.control('misbehave', { kind: 'settings', ...settings });
    await (await world.startReadyClient()).close();
    await world.control('incoming', { from: '15553330000', body: 'early' });
    const witness = await world.startReadyClient();
    assert.equal((await witness.nextMessage()).body, 'early');
  });

  it('does not wait when it is told to be eager, as the real page: `ready` never comes', async () => {
    await using world = await World.open();
    await (await world.startReadyClient()).close();
    const settings = { openingMs: 0, pairMs: 0, syncMs: 0, debugDelayMs: 400, eager: true };
    await world.control('misbehave', { kind: 'settings', ...settings });
    const witness = await world.startClient();
    await until('the page is up', () => world.running.phone.pages.current?.isUp === true);
    assert.equal(await witness.client.getState(), 'CONNECTED');
    assert.equal(witness.all('ready').length, 0);
  });
});

describe('sandbox, offline while a code is shown', () => {
  it('shows a code again when it is back', async () => {
    await using world = await World.open();
    const witness = await world.startClient();
    await witness.next('qr');
    await world.control('misbehave', { kind: 'offline' });
    await until('no code', async () => (await stateOf(world)).qr === null);
    await world.control('misbehave', { kind: 'online' });
    await witness.next('qr');
    await until('a code', async () => (await stateOf(world)).qr !== null);
  });
});

describe('sandbox, asked for a pairing code', () => {
  it('gives one, and links when the phone takes it', async () => {
    await using world = await World.open();
    const witness = await world.startClient();
    await witness.next('qr');
    const code = await witness.client.requestPairingCode('15550001111');
    assert.match(code, /^[0-9A-F]{8}$/);
    assert.equal((await stateOf(world)).pairing_code, code);
    await world.control('scan');
    await witness.next('ready');
  });
});
