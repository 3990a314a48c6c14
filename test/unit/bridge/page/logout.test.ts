import assert from 'node:assert/strict';
import { REPORT_LOGOUT } from '../../../../services/bridge/page/life/logout.ts';
import { ScriptPage } from '../../../support/bridge/script-page.ts';
import { until } from '../../../support/until.ts';

describe('in the page, the report of why it logs out', () => {
  let page: ScriptPage;
  let passed: unknown[][];
  beforeEach(async () => {
    page = new ScriptPage();
    passed = [];
    await page.evaluate(
      'window.told = []; window.gatehouseLogout = (reason) => void window.told.push(reason)',
    );
    await page.evaluate(REPORT_LOGOUT);
    const Socket = {
      logout: (...given: unknown[]) => void passed.push(given),
      clearCredentialsAndStoredData: (...given: unknown[]) => void passed.push(given),
    };
    const { logout } = Socket;
    page.modules.WAWebSocketModel = { Socket };
    await until('the hook', () => Socket.logout !== logout);
  });
  afterEach(() => page.close());
  const act = (call: string) => page.evaluate(`void window.require('WAWebSocketModel').Socket.${call}`);
  const told = () => page.evaluate('window.told');

  it('names the reason for which the page logs itself out, and lets it', async () => {
    await act("logout('web_fail_add_chat')");
    await act("clearCredentialsAndStoredData('account_locked', 'with a text')");
    assert.deepEqual(await told(), ['web_fail_add_chat', 'account_locked']);
    assert.deepEqual(passed, [['web_fail_add_chat'], ['account_locked', 'with a text']]);
  });

  it('names the user for a logout without a reason, and nobody when the server unlinked the device', async () => {
    await act('logout()');
    await act('clearCredentialsAndStoredData()');
    assert.deepEqual(await told(), ['user_initiated']);
    assert.equal(passed.length, 2);
  });
});
