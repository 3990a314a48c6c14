import assert from 'node:assert/strict';
import { recordOf } from '../../support/sandbox/sandbox-folder.ts';
import { type Witness, World } from '../../support/sandbox/world.ts';
import { until } from '../../support/until.ts';

const FROM = '15553330000@c.us';

/** Notes in the page, from now on, each change of the socket as `state stream`. */
const RECORD_SOCKET = `(() => {
  const { Socket } = window.require('WAWebSocketModel');
  window.path = [];
  Socket.on('change:state change:stream', () => window.path.push(Socket.state + ' ' + Socket.stream));
})()`;

function inPage(witness: Witness, source: string): Promise<unknown> {
  return witness.client.pupPage?.evaluate(source) ?? Promise.reject(new Error('there is no page'));
}

async function pathOf(witness: Witness): Promise<unknown[]> {
  const path: unknown = await inPage(witness, 'window.path');
  return Array.isArray(path) ? path : [];
}

async function requires(witness: Witness, name: string): Promise<boolean> {
  return (
    (await inPage(
      witness,
      `(() => { try { return !!window.require('${name}') } catch { return false } })()`,
    )) === true
  );
}

describe('stand-in, connection of the page', () => {
  let world: World;
  let witness: Witness;

  before(async () => {
    world = await World.open({ settings: { historyMs: 3_600_000 } });
    await world.control('incoming', { from: FROM, body: 'before the link' });
    witness = await world.startClient();
    await witness.next('qr');
    await inPage(witness, RECORD_SOCKET);
    await world.control('scan');
    await witness.next('ready');
  });
  after(() => world[Symbol.asyncDispose]());

  it('opens another socket after pairing, and its stream is connected with the sync', async () => {
    assert.deepEqual(await pathOf(witness), [
      'OPENING DISCONNECTED',
      'PAIRING DISCONNECTED',
      'CONNECTED DISCONNECTED',
      'CONNECTED CONNECTED',
    ]);
  });

  it('has synced while the history of a new device is still to come', async () => {
    assert.equal(await inPage(witness, `window.require('WAWebCollections').Msg.length`), 0);
    assert.equal(world.running.phone.delivery.waitingCount, 0);
  });

  it('stays CONNECTED when the network is lost, but for its stream, and is never TIMEOUT', async () => {
    await inPage(witness, 'window.path = []');
    await world.control('misbehave', { kind: 'offline' });
    await until('it opens', async () => (await pathOf(witness)).length === 2);
    await world.control('misbehave', { kind: 'online' });
    await until('it is up', () => world.running.phone.pages.current?.isUp === true);
    assert.deepEqual(await pathOf(witness), [
      'CONNECTED DISCONNECTED',
      'OPENING DISCONNECTED',
      'PAIRING DISCONNECTED',
      'CONNECTED CONNECTED',
      'CONNECTED CONNECTED',
    ]);
  });

  it('refuses a takeover, and reconnects without a promise', async () => {
    const socket = `window.require('WAWebSocketModel').Socket`;
    await assert.rejects(inPage(witness, `${socket}.takeover()`), /Takeover called without conflict!/);
    const { phone } = world.running;
    let wasDown = false;
    const stop = phone.onChange(() => {
      wasDown ||= phone.pages.current?.isUp === false;
    });
    assert.equal(await inPage(witness, `${socket}.reconnect() === undefined`), true);
    await until('it is up again', () => wasDown && phone.pages.current?.isUp === true);
    stop();
  });

  it('derives what it shows from its socket', async () => {
    const stream = `(() => {
      const { Stream, StreamMode, StreamInfo } = window.require('WAWebStreamModel');
      return [Stream.mode === StreamMode.MAIN, Stream.info === StreamInfo.NORMAL, Stream.obscurity];
    })()`;
    assert.deepEqual(await inPage(witness, stream), [true, true, 'HIDE']);
  });

  it('tells of a call by its active call alone, which the library does not hear', async () => {
    await inPage(
      witness,
      `window.require('WAWebCallCollection').on('change:activeCall', (call) => { window.caller = String(call.peerJid) })`,
    );
    await world.control('misbehave', { kind: 'call', from: FROM });
    await until('the page has it', async () => (await inPage(witness, 'window.caller')) === FROM);
    await world.control('incoming', { from: FROM, body: 'after the call' });
    await witness.next('message');
    assert.equal(witness.all('call').length, 0);
  });

  it('loses an export while it runs, and has it back', async () => {
    const exported = `typeof window.require('WAWebSendMsgChatAction').addAndSendMsgToChat`;
    const exports = ['WAWebSendMsgChatAction.addAndSendMsgToChat'];
    await world.control('misbehave', { kind: 'without', exports });
    assert.equal(await inPage(witness, exported), 'undefined');
    await world.control('misbehave', { kind: 'restore' });
    assert.equal(await inPage(witness, exported), 'function');
    await assert.rejects(
      world.control('misbehave', { kind: 'without', exports: ['WAWebNothing.at'] }),
      /no export/,
    );
  });

  it('goes silent when another page takes its login, and its state tells nothing of it', async () => {
    await world.control('misbehave', { kind: 'replaced' });
    await until('it is no longer up', () => world.running.phone.pages.current?.isUp === false);
    assert.equal(await witness.client.getState(), 'CONNECTED');
    assert.equal(await inPage(witness, `window.require('WAWebSocketModel').Socket.stream`), 'DISCONNECTED');
  });
});

describe('stand-in, page that is late or slow', () => {
  it('loads a late module only when it is told to, and the library then hears nothing that comes in', async () => {
    await using world = await World.open({ settings: { late: ['WAWebCallCollection'], lateMs: -1 } });
    const witness = await world.startClient();
    await witness.next('qr');
    await world.control('scan');
    await witness.next('authenticated');
    await until('the library asks for it', () =>
      world.running.phone.unknownModules.has('WAWebCallCollection'),
    );
    await world.control('incoming', { from: FROM, body: 'unheard' });
    await until('the page has shown it', () => world.running.phone.delivery.waitingCount === 0);
    assert.equal(witness.all('message').length + witness.all('ready').length, 0);
    assert.equal(await requires(witness, 'WAWebCallCollection'), false);
    await world.control('misbehave', { kind: 'load' });
    assert.equal(await requires(witness, 'WAWebCallCollection'), true);
  });

  it('loads it by itself a moment after the main screen', async () => {
    await using world = await World.open({ settings: { late: ['WAWebCallCollection'], lateMs: 0 } });
    const witness = await world.startClient();
    await witness.next('qr');
    assert.equal(await requires(witness, 'WAWebCallCollection'), false);
    await world.control('scan');
    await until('it is loaded', () => requires(witness, 'WAWebCallCollection'));
  });

  it('keeps every call from Node waiting while its main thread is busy', async () => {
    const settings = { busyMs: 5_000, withoutExports: ['WAWebCmd.Cmd'] };
    await using world = await World.open({ settings });
    const witness = await world.newClient();
    witness.client.initialize().catch(() => undefined);
    await until('it shows a code', () => world.running.phone.pages.current?.qr !== undefined);
    const timeOfCalls = async () => {
      const sinceMs = performance.now();
      for (let call = 0; call < 60; call++) await inPage(witness, '1');
      return performance.now() - sinceMs;
    };
    const restingMs = await timeOfCalls();
    assert.equal(
      await inPage(witness, `'Cmd' in window.require('WAWebCmd') && window.require('WAWebCmd').Cmd`),
      undefined,
    );
    await world.control('scan');
    await until('it is connected', () => world.running.phone.pages.current?.socketState === 'CONNECTED');
    // Calls wait for the end of a slice of 50 ms. Between two slices there is time for several of them, on a fast machine.
    const busyMs = await timeOfCalls();
    assert.ok(busyMs > restingMs + 150, `${busyMs} ms, and ${restingMs} ms at rest`);
  });
});

describe('stand-in, page that ends by itself', () => {
  for (const [reason, address] of [
    ['WebFailStorageInitialization', '/?post_logout=1&logout_reason=0'],
    ['UnknownCompanion', '/?post_logout=1'],
  ] as const)
    it(`logs itself out for ${reason}, and the phone no longer knows it`, async () => {
      await using world = await World.open();
      const witness = await world.startReadyClient();
      await world.control('misbehave', { kind: 'selfLogout', reason });
      assert.deepEqual(await witness.next('disconnected'), ['LOGOUT']);
      assert.equal(new URL(witness.client.pupPage?.url() ?? '').href.split('.com')[1], address);
      assert.equal(world.running.phone.state.devices.size, 0);
    });

  it('reloads into another version in mid-session', async () => {
    await using world = await World.open();
    const witness = await world.startReadyClient();
    await world.control('misbehave', { kind: 'upgrade', edition: '2026-08' });
    await until(
      'the other version',
      async () => (await inPage(witness, 'window.Debug?.VERSION')) === '2.3000.1044822804',
    );
    const { settings } = recordOf(await (await fetch(`${world.origin}/sandbox/api/state`)).json());
    assert.equal(recordOf(settings).edition, '2026-08');
  });
});
