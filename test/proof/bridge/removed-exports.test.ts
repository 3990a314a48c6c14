import { modules } from '../../../services/sandbox/web/modules/registry.ts';
import { NEEDS, testWithout } from '../../support/bridge/removed-exports.ts';

/** The page does not start without these: no session becomes ready with it, so that there is nothing to test. */
const VITAL = ['WAWebWidFactory.createWid', 'WAWebUserPrefsMeUser.getMaybeMePnUser'];

describe('bridge, a live page without one export after the other', () => {
  testWithout(
    NEEDS.filter((need) => /^\w+\.\w+$/.test(need) && !VITAL.includes(need)).filter((need) =>
      Object.hasOwn(modules, need.replace(/\..*/, '')),
    ),
  );
});
