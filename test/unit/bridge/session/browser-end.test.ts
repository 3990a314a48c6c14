import assert from 'node:assert/strict';
import { DeadlineError } from '../../../../services/bridge/deadline.ts';
import { logoutCodeOf } from '../../../../services/bridge/page/life/logout.ts';
import {
  endOfDisconnect,
  endOfStart,
  endOfUnsupported,
  stateAfter,
} from '../../../../services/bridge/session/browser-end.ts';
import { requireBrowser } from '../../../../services/bridge/session/browser-launch.ts';

describe('bridge, why a browser has ended', () => {
  for (const [what, error, state, reason] of [
    [
      'a network error',
      new Error('net::ERR_NAME_NOT_RESOLVED at https://web.whatsapp.com'),
      'offline',
      'cannot reach WhatsApp: net::ERR_NAME_NOT_RESOLVED',
    ],
    [
      'a page that never comes up',
      new DeadlineError('WhatsApp Web to load', 2_000),
      'offline',
      'cannot reach WhatsApp: WhatsApp Web to load took longer than 2000 ms',
    ],
    [
      'any other error of the start',
      new Error('Failed to launch\nwith a long output'),
      'disconnected',
      'the browser did not start: Failed to launch',
    ],
  ] as const)
    it(`makes the session ${state} after ${what}, and says so`, () => {
      const end = endOfStart(error);
      assert.deepEqual([stateAfter(end), end.reason], [state, reason]);
    });

  it('tells a logout and a conflict from other disconnects', () => {
    const kinds = ['LOGOUT', 'CONFLICT', 'UNPAIRED'].map((reason) => endOfDisconnect(reason, {}).kind);
    assert.deepEqual(kinds, ['logged_out', 'conflict', 'failed']);
  });

  for (const [what, logout, reason] of [
    ['the phone has unlinked the device', {}, /^the phone unlinked this device$/],
    ['the bridge has unlinked it', { reason: 'user_initiated' }, /^logged out by request$/],
    [
      'WhatsApp Web could not open its storage',
      { reason: 'web_fail_storage_initialization', code: '0' },
      /^WhatsApp Web logged itself out: web_fail_storage_initialization \(storage trouble.*SESSIONS_DIR, then link again\)$/,
    ],
    [
      'the page tells only the class of the reason',
      { code: '1' },
      /logout_reason 1 \(the phone did not send/,
    ],
    ['the account is locked', { code: '3' }, /logout_reason 3 \(WhatsApp has locked the account/],
    ['the reason is unknown', { reason: 'something_new' }, /something_new \(unknown reason; link again\)/],
  ] as const)
    it(`says of a logout that ${what}`, () => {
      assert.match(endOfDisconnect('LOGOUT', logout).reason, reason);
    });

  it('reads the class of the reason from the address of the page after a logout', () => {
    const page = 'https://web.whatsapp.com/';
    const codes = ['?post_logout=1&logout_reason=2', '?post_logout=1', ''].map((query) =>
      logoutCodeOf(page + query),
    );
    assert.deepEqual(codes, ['2', undefined, undefined]);
    assert.equal(logoutCodeOf('about:blank'), undefined);
  });

  it('tells a browser that WhatsApp does not support from others, with what to do', () => {
    const { kind, reason } = endOfUnsupported('WhatsApp works with Google Chrome 100+');
    assert.equal(kind, 'failed');
    assert.match(reason, /does not support this browser: "WhatsApp works with.*"; update Chromium/);
  });

  it('names the browser that is missing, and the setting for its path', async () => {
    await assert.rejects(requireBrowser('/nowhere/chromium'), {
      code: 'bridge_failed',
      message: /no browser at \/nowhere\/chromium.*PUPPETEER_EXECUTABLE_PATH/,
    });
  });
});
