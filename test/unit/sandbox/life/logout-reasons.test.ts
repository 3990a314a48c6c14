import assert from 'node:assert/strict';
import { addressAfterLogout, LOGOUT_REASONS } from '../../../../services/sandbox/web/logout-reasons.ts';

describe('address of the stand-in after a logout', () => {
  for (const [what, search, reason, address] of [
    ['a device that was removed', '', undefined, '/?post_logout=1'],
    ['a user who logs out', '', LOGOUT_REASONS.UserInitiated, '/?post_logout=1'],
    [
      'a page that cannot open its storage',
      '',
      LOGOUT_REASONS.WebFailStorageInitialization,
      '/?post_logout=1&logout_reason=0',
    ],
    ['a sync that failed', '', LOGOUT_REASONS.SyncdFailure, '/?post_logout=1&logout_reason=1'],
    ['a history that did not come', '', LOGOUT_REASONS.HistorySyncTimeout, '/?post_logout=1&logout_reason=2'],
    ['an account that is locked', '', LOGOUT_REASONS.AccountLocked, '/?post_logout=1&logout_reason=3'],
    [
      'a second logout, without the reason of the first',
      '?a=b&post_logout=1&logout_reason=0',
      undefined,
      '/?a=b&post_logout=1',
    ],
  ] as const)
    it(`tells of ${what}`, () => {
      assert.equal(addressAfterLogout({ pathname: '/', search }, reason), address);
    });
});
