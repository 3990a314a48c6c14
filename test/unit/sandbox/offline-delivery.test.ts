import assert from 'node:assert/strict';
import { offlineDelivery } from '../../../services/sandbox/web/sends/offline-delivery.ts';
import { current, DEFAULT_SETTINGS } from '../../../services/sandbox/web/settings.ts';

describe('offline delivery of the stand-in', () => {
  afterEach(() => {
    current.settings = DEFAULT_SETTINGS;
  });

  it('has not ended before the page has ever connected', () => {
    assert.equal(offlineDelivery.isEnd, false);
  });

  it('ends some time after each connection, also for a wait that began before it', async () => {
    const waited = offlineDelivery.wait();
    for (const _connection of [1, 2]) {
      current.settings = { ...DEFAULT_SETTINGS, offlineDeliveryMs: 5 };
      offlineDelivery.begin();
      offlineDelivery.delivered();
      assert.equal(offlineDelivery.isEnd, false);
      await offlineDelivery.wait();
      assert.equal(offlineDelivery.isEnd, true);
    }
    await waited;
  });

  it('does not end before all that waited at the server has come', async () => {
    offlineDelivery.begin();
    const waited = offlineDelivery.wait();
    // The timer of a delivery that takes no time has run by then.
    await new Promise((go) => setTimeout(go, 5));
    assert.equal(offlineDelivery.isEnd, false);
    offlineDelivery.delivered();
    await waited;
    assert.equal(offlineDelivery.isEnd, true);
  });

  it('starts over with a connection that comes before its end', async () => {
    current.settings = { ...DEFAULT_SETTINGS, offlineDeliveryMs: 3_600_000 };
    offlineDelivery.begin();
    const waited = offlineDelivery.wait();
    current.settings = DEFAULT_SETTINGS;
    offlineDelivery.begin();
    offlineDelivery.delivered();
    await waited;
    assert.equal(offlineDelivery.isEnd, true);
  });
});
