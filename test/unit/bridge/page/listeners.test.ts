import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { loadLibrary } from '../../../../services/bridge/page/library.ts';
import { CALL_PROBE } from '../../../../services/bridge/page/life/calls.ts';
import { markWhenListening } from '../../../../services/bridge/page/listeners.ts';
import { ScriptPage } from '../../../support/bridge/script-page.ts';
import { until } from '../../../support/until.ts';

const { Client, NoAuth } = await loadLibrary({ warn: () => undefined });
const NEEDED = ['WAWebCollections', 'WAWebSocketModel', 'WAWebSyncGatingUtils', 'WAWebConnModel'];
const CALL = { id: 'CALL1', peerJid: '15553330000@c.us', isVideo: true, isGroup: false, outgoing: false };

describe('bridge, the listeners of whatsapp-web.js', () => {
  let page: ScriptPage;
  let failures: string[];
  beforeEach(() => {
    page = new ScriptPage();
    for (const name of NEEDED) page.modules[name] = {};
    failures = [];
  });
  afterEach(() => page.close());

  function newClient() {
    const client = new Client({ authStrategy: new NoAuth(), userAgent: false });
    return Object.assign(client, { pupPage: { evaluate: page.evaluate } });
  }
  /** Attaches by asking for every module, as the library does. */
  function attachedClient() {
    const client = newClient();
    client.attachEventListeners = async () => {
      for (const name of [...NEEDED, 'WAWebCallCollection'])
        await page.evaluate(`void window.require('${name}')`);
    };
    markWhenListening(client, (error) => failures.push(String(error)));
    return client;
  }
  const mark = (): Promise<unknown> => page.evaluate('window.WWebJS.gatehouse');
  const callShown = () => {
    const [call] = page.reported;
    return call;
  };

  it('are attached by a private method of the client, without which no page is marked before "ready"', () => {
    assert.equal(typeof newClient().attachEventListeners, 'function');
  });

  it('are attached once the page has all modules, and the page is marked after that', async () => {
    page.modules.WAWebCallCollection = page.calls;
    delete page.modules.WAWebConnModel;
    const attached = attachedClient().attachEventListeners?.();
    await setImmediate();
    assert.deepEqual(await mark(), { missing: ['WAWebConnModel'], isListening: false });
    page.modules.WAWebConnModel = {};
    await attached;
    assert.deepEqual(await mark(), { missing: [], isListening: true, isHearingCalls: true });
  });

  it('are reported when they cannot be attached, and the page is not marked', async () => {
    const client = newClient();
    client.attachEventListeners = () => Promise.reject(new Error('nobody may listen'));
    markWhenListening(client, (error) => failures.push(String(error)));
    await assert.rejects(client.attachEventListeners(), /nobody may listen/);
    assert.deepEqual(failures, ['Error: nobody may listen']);
    assert.equal(JSON.stringify(await mark()).includes('"isListening":true'), false);
  });

  it('count as attached after "ready" where the client has no such method', async () => {
    const client = newClient();
    Object.assign(client, { attachEventListeners: undefined });
    markWhenListening(client, (error) => failures.push(String(error)));
    await setImmediate();
    assert.equal(await mark(), undefined);
    client.emit('ready');
    await until('the mark', async () => JSON.stringify(await mark()).includes('"isListening":true'));
    assert.deepEqual(failures, []);
  });

  it('are attached although the page never loads the module of calls, and hide that from the library only', async () => {
    await attachedClient().attachEventListeners?.();
    assert.deepEqual(await mark(), { missing: [], isListening: true });
    await assert.rejects(page.evaluate("window.require('WAWebCallCollection')"), /unknown module/);
  });

  it('hear a call in progress when the page loads the module of calls late', async () => {
    await attachedClient().attachEventListeners?.();
    page.calls.setActiveCall(CALL);
    page.modules.WAWebCallCollection = page.calls;
    await until('the call', callShown);
    assert.deepEqual(await mark(), { missing: [], isListening: true, isHearingCalls: true });
  });

  it('answer the self-test that they hear calls, and report none', async () => {
    page.modules.WAWebCallCollection = page.calls;
    await attachedClient().attachEventListeners?.();
    let probes = 0;
    page.calls.trigger(CALL_PROBE, { probe: () => (probes += 1) });
    assert.deepEqual([probes, page.reported], [1, []]);
  });

  it('hear each incoming call once, by either way, and no call that goes out', async () => {
    page.modules.WAWebCallCollection = { default: page.calls };
    await attachedClient().attachEventListeners?.();
    page.calls.setActiveCall(CALL);
    page.calls.add(CALL);
    page.calls.setActiveCall(null);
    page.calls.add({ ...CALL, id: 'CALL2' });
    page.calls.setActiveCall({ ...CALL, id: 'CALL3', outgoing: true });
    assert.deepEqual(
      page.reported,
      [CALL, { ...CALL, id: 'CALL2' }].map((call) => ({ ...call, offerTime: undefined })),
    );
  });
});
