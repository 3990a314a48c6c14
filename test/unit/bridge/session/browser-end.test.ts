import assert from 'node:assert/strict';
import { DeadlineError } from '../../../../services/bridge/deadline.ts';
import { endOfDisconnect, endOfStart, stateAfter } from '../../../../services/bridge/session/browser-end.ts';
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
    const kinds = ['LOGOUT', 'CONFLICT', 'UNPAIRED'].map((reason) => endOfDisconnect(reason).kind);
    assert.deepEqual(kinds, ['logged_out', 'conflict', 'failed']);
  });

  it('names the browser that is missing, and the setting for its path', async () => {
    await assert.rejects(requireBrowser('/nowhere/chromium'), {
      code: 'bridge_failed',
      message: /no browser at \/nowhere\/chromium.*PUPPETEER_EXECUTABLE_PATH/,
    });
  });
});
