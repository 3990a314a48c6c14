import assert from 'node:assert/strict';
import { modules } from '../../../services/sandbox/web/modules/registry.ts';
import { STEADY } from '../../support/bridge/limits.ts';
import { NEEDS, testWithout } from '../../support/bridge/removed-exports.ts';
import { startWorld } from '../../support/bridge/world.ts';
import { until } from '../../support/until.ts';

/** The library itself does not start without it. */
const VITAL = 'WAWebUserPrefsMeUser.getMaybeMePnUser';

describe('bridge, a live page without one export after the other', () => {
  testWithout(
    NEEDS.filter((need) => /^\w+\.\w+$/.test(need) && need !== VITAL).filter((need) =>
      Object.hasOwn(modules, need.replace(/\..*/, '')),
    ),
  );

  it(`is not ready without ${VITAL}, and says what is missing`, async () => {
    await using world = await startWorld();
    await world.link({ limits: STEADY });
    await world.misbehave('settings', { withoutExports: [VITAL] });
    await world.misbehave('reload');
    const { whatsapp_ready } = await until('the reason', async () => {
      const status = await world.status();
      return status.reason?.includes('the listeners of whatsapp-web.js are not attached') && status;
    });
    assert.equal(whatsapp_ready, false);
  });
});
