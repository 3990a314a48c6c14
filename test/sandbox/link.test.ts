import assert from 'node:assert/strict';
import { recordOf, until, World } from './world.ts';

async function stateOf(world: World): Promise<Record<string, unknown>> {
  const response = await fetch(`${world.origin}/sandbox/api/state`);
  return recordOf(await response.json());
}

describe('sandbox, linking by itself', () => {
  it('links each code that is shown, until somebody unlinks it', async () => {
    await using world = await World.open({ autoLink: true });
    const witness = world.startClient();
    await witness.client.initialize();
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
    const second = world.startClient();
    await second.client.initialize();
    await second.next('qr');
    assert.equal(second.all('ready').length, 0);
  });
});

describe('sandbox, lacking a module that the library needs', () => {
  it('lets the client get no further than `authenticated`', async () => {
    await using world = await World.open();
    await world.control('misbehave', { kind: 'settings', without: ['WAWebSyncGatingUtils'] });
    const witness = world.startClient();
    await witness.client.initialize();
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
