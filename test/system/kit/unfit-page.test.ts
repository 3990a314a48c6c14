import assert from 'node:assert/strict';
import { type Kit, startKit } from '../../support/kit/kit.ts';
import { OperatorView } from '../../support/kit/operator-view.ts';

const ANN = '15558889999@c.us';

describe('kit, before a page that does not take its browser', () => {
  let kit: Kit;
  let operator: OperatorView;
  before(async () => {
    const env = { SANDBOX_PAGE: '2026-09,unsupported,debugDelayMs=-1', LOG_FORMAT: 'json' };
    kit = await (await startKit({ env })).up();
    operator = new OperatorView(kit);
  });
  after(() => kit?.[Symbol.asyncDispose]());

  it('says so with the remedy, between two browsers and while the next one starts', async () => {
    const told = /WhatsApp does not support this browser: .*Google Chrome 100\+.*update Chromium/;
    await operator.says(['disconnected'], told);
    await operator.says(['starting'], told);
    const report = await operator.doctor();
    assert.match(report, told);
    assert.doesNotMatch(report, /unlinked by|has ended, by the phone/);
    assert.match(kit.output, /session default is disconnected: WhatsApp does not support this browser/);
  });

  it('is ready with the next browser that WhatsApp takes, though the page never tells its version', async () => {
    await operator.misbehave('settings', { unsupported: false });
    await kit.ready();
    const { capabilities } = await (await fetch(`${kit.origin}/api/whatsapp/compat`)).json();
    const version = capabilities.find(({ capability }: { capability: string }) => capability === 'version');
    assert.equal(version.state, 'patched', JSON.stringify(version));
    await operator.isWithoutReason();
    await operator.isSentOnce(await operator.send(ANN, 'without a version'), 'without a version');
  });
});
