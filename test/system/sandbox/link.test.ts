import assert from 'node:assert/strict';
import { recordOf } from '../../support/sandbox/sandbox-folder.ts';
import { type Witness, World } from '../../support/sandbox/world.ts';
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
    // "ready" may have come once more with the logout: the page forgot that it had synced, which is a change of it too.
    const before = witness.all('ready').length;
    await until('the library shows it', () => witness.all('qr').length > 1);
    await world.control('scan');
    await until('ready again', () => witness.all('ready').length > before);
  });
});

describe('sandbox, unlinked while the client is down', () => {
  it('refuses the login, so that the page leaves under the library, and shows a code at the start after that', async () => {
    await using world = await World.open();
    const first = await world.startReadyClient();
    await first.close();
    await world.control('unlink');
    const second = await world.newClient();
    // The library is somewhere in its injection, and ends with whatever that step says of a navigation.
    await second.client.initialize().catch(() => undefined);
    await until('the login is forgotten', async () => {
      const { page, qr } = await stateOf(world);
      return page === 'qr' && qr !== null;
    });
    assert.equal(second.all('ready').length, 0);
    await second.close();
    await (await world.startClient()).next('qr');
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
  /** Starts a client whose library begins only when the page is up and has shown all that waited. */
  async function startLate(world: World, hearsLate: boolean): Promise<Witness> {
    await world.control('misbehave', { kind: 'settings', debugDelayMs: -1 });
    const { phone } = world.running;
    await until('no page is there', () => phone.pages.current === undefined);
    const witness = await world.newClient({ hearsLate });
    const starting = witness.client.initialize();
    await until('the page is up', () => phone.pages.current?.isUp && phone.delivery.waitingCount === 0);
    await witness.client.pupPage?.evaluate("window.Debug = { VERSION: '2.3000.1' }");
    await starting;
    return witness;
  }

  it('waits for nothing: without the repetition that the bridge makes, `ready` never comes', async () => {
    await using world = await World.open();
    await (await world.startReadyClient()).close();
    const witness = await startLate(world, false);
    assert.equal(await witness.client.getState(), 'CONNECTED');
    assert.equal(witness.all('ready').length, 0);
  });

  it('announces messages to nobody, and has them', async () => {
    await using world = await World.open();
    await (await world.startReadyClient()).close();
    const { id } = await world.control('incoming', { from: '15553330000', body: 'early' });
    const witness = await startLate(world, true);
    await witness.next('ready');
    assert.equal((await witness.client.getMessageById(String(id))).body, 'early');
    assert.equal(witness.all('message').length, 0);
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
