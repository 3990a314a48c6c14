import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { loadLibrary } from '../../../../services/bridge/page/library.ts';
import { markWhenListening } from '../../../../services/bridge/page/listeners.ts';

const { Client, NoAuth } = await loadLibrary({ warn: () => undefined });

describe('bridge, the listeners of whatsapp-web.js', () => {
  let steps: string[];
  /** A client before a page that notes what is evaluated in it. */
  function newClient() {
    steps = [];
    const client = new Client({ authStrategy: new NoAuth(), userAgent: false });
    const evaluate = async (source: string) => {
      steps.push(source.includes('isListening: true') ? 'mark' : 'wait for the modules');
    };
    Object.assign(client, { pupPage: { evaluate } });
    return client;
  }
  const mark = ['wait for the modules', 'mark'];

  it('are attached by a private method of the client, without which no page is marked before "ready"', () => {
    assert.equal(typeof newClient().attachEventListeners, 'function');
  });

  it('are attached once the page has all modules, and the page is marked after that', async () => {
    const client = newClient();
    client.attachEventListeners = async () => {
      steps.push('attach');
    };
    markWhenListening(client, () => steps.push('failure'));
    await client.attachEventListeners();
    assert.deepEqual(steps, ['wait for the modules', 'attach', 'mark']);
  });

  it('are reported when they cannot be attached, and the page is not marked', async () => {
    const client = newClient();
    client.attachEventListeners = () => Promise.reject(new Error('nobody may listen'));
    markWhenListening(client, (error) => steps.push(String(error)));
    await assert.rejects(client.attachEventListeners(), /nobody may listen/);
    assert.deepEqual(steps, ['wait for the modules', 'Error: nobody may listen']);
  });

  it('count as attached after "ready" where the client has no such method', async () => {
    const client = newClient();
    Object.assign(client, { attachEventListeners: undefined });
    markWhenListening(client, () => steps.push('failure'));
    await setImmediate();
    assert.deepEqual(steps, []);
    client.emit('ready');
    await setImmediate();
    assert.deepEqual(steps, mark);
  });
});
