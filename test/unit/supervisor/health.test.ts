import assert from 'node:assert/strict';
import { readHealth } from '../../../services/supervisor/health.ts';
import { SINCE, watched } from '../../support/supervisor/watched-service.ts';

const bridgeReady = { whatsapp_ready: true, state: 'ready', since: SINCE };

describe('supervisor, of the health of the kit', () => {
  it('calls it ok when all is', async () => {
    await using bridge = await watched('bridge', bridgeReady);
    await using api = await watched('api', { status: 'ok', storage: { state: 'ok', since: SINCE } });
    const health = await readHealth([bridge.service, api.service]);
    assert.equal(health.status, 'ok');
    assert.deepEqual(health.storage, { state: 'ok', since: SINCE });
    assert.deepEqual(health.whatsapp, { state: 'ready', since: SINCE });
  });

  for (const state of ['full', 'unavailable', 'opening']) {
    it(`calls it degraded while its store is ${state}, and keeps the reason to itself`, async () => {
      await using bridge = await watched('bridge', bridgeReady);
      const storage = { state, since: SINCE, reason: 'connect ECONNREFUSED 10.1.2.3:5432' };
      await using api = await watched('api', { status: 'ok', storage });
      const health = await readHealth([bridge.service, api.service]);
      assert.equal(health.status, 'degraded');
      assert.deepEqual(health.storage, { state, since: SINCE });
    });
  }

  it('calls it degraded while messages wait for a page that breaks their kind, and names what is broken', async () => {
    const compat = { ok: 20, patched: 2, broken: ['send_media', 7] };
    await using bridge = await watched('bridge', { ...bridgeReady, compat });
    const storage = { state: 'ok', since: SINCE };
    await using api = await watched('api', { status: 'ok', storage, held_messages: 3 });
    const health = await readHealth([bridge.service, api.service]);
    assert.deepEqual([health.status, health.held_messages], ['degraded', 3]);
    assert.deepEqual(health.whatsapp, { state: 'ready', since: SINCE, broken: ['send_media'] });
  });

  it('calls the session not ready while another account is linked, and names no number', async () => {
    await using bridge = await watched('bridge', bridgeReady);
    const storage = { state: 'ok', since: SINCE };
    await using api = await watched('api', { status: 'ok', storage, account_changed: true });
    const { status, whatsapp_ready, whatsapp } = await readHealth([bridge.service, api.service]);
    assert.deepEqual([status, whatsapp_ready, whatsapp.state], ['degraded', false, 'account_changed']);
    assert.match(whatsapp.reason ?? '', /GET \/api\/whatsapp\/account/);
  });

  it('names the resources that are near their limits, of the api and of those who report to it', async () => {
    await using bridge = await watched('bridge', bridgeReady);
    const ofApi = { resource: 'event_readers', used: 9, limit: 10, refused: 2 };
    const storage = { state: 'ok', since: SINCE };
    const nonsense = [{ resource: '/data', used: 1, limit: 1, refused: 1 }, 7, { ...ofApi, used: '9' }];
    await using api = await watched('api', { status: 'ok', storage, pressure: [ofApi, ...nonsense] });
    const ofBridge = { resource: 'connections', used: 10, limit: 10, refused: 0 };
    const { status, pressure } = await readHealth([{ ...bridge.service, pressure: [ofBridge] }, api.service]);
    assert.equal(status, 'ok');
    assert.deepEqual(pressure, [
      { service: 'bridge', ...ofBridge },
      { service: 'api', ...ofApi },
    ]);
  });

  it('passes on why WhatsApp is not ready, in the words that are fit for strangers', async () => {
    const storage = { state: 'ok', since: SINCE };
    await using api = await watched('api', { status: 'ok', storage });
    const said = { whatsapp_ready: false, state: 'disconnected', since: SINCE, reason: '/data is full' };
    const whatsapp = async (answer: object) => {
      await using bridge = await watched('bridge', answer);
      return (await readHealth([bridge.service, api.service])).whatsapp;
    };
    assert.deepEqual(await whatsapp(said), { state: 'disconnected', since: SINCE });
    const reason = 'the phone unlinked this device';
    assert.deepEqual(await whatsapp({ ...said, public_reason: reason }), {
      state: 'disconnected',
      since: SINCE,
      reason,
    });
  });

  it('calls the store unavailable while the api says nothing of it', async () => {
    await using bridge = await watched('bridge', bridgeReady);
    for (const answer of [
      undefined,
      'no JSON',
      '[]',
      'null',
      {},
      { storage: null },
      { storage: { state: 7 } },
    ]) {
      await using api = await watched('api', answer);
      const health = await readHealth([bridge.service, api.service]);
      assert.deepEqual([health.status, health.storage], ['degraded', { state: 'unavailable' }]);
    }
  });

  it('calls it unavailable while the api is not ready', async () => {
    await using api = await watched('api', {}, 'restarting');
    const health = await readHealth([api.service]);
    assert.deepEqual([health.status, health.storage.state], ['unavailable', 'unavailable']);
    assert.equal((await readHealth([])).status, 'unavailable');
  });
});
