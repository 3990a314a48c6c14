import assert from 'node:assert/strict';
import pino from 'pino';
import { PageMonitor } from '../../../../../services/bridge/session/page-monitor.ts';
import { PASSKEY_REASON } from '../../../../../services/bridge/session/passkey/watch.ts';
import { LIMITS } from '../../../../support/bridge/limits.ts';
import { ModelRun, SOUND } from '../../../../support/bridge/monitored-page.ts';
import { until } from '../../../../support/until.ts';

const ASKS = {
  ...SOUND,
  state: 'UNPAIRED',
  hasSynced: false,
  isRegistered: false,
  isInjected: false,
  asksForPasskey: true,
};

describe('bridge, a page that asks for a passkey', () => {
  let run: ModelRun;
  let monitor: PageMonitor;
  beforeEach(() => {
    run = new ModelRun();
    monitor = new PageMonitor(run, { ...LIMITS, probeMs: 10, readyMs: 1 }, pino({ level: 'silent' }), run);
    run.page = ASKS;
  });
  afterEach(() => {
    monitor.stop();
    run.end({ kind: 'stopped', reason: 'the test is over' });
  });
  const last = () => run.states.at(-1);
  const asksFor = (looks: number) =>
    until(`${looks} looks`, () => run.looks >= looks && monitor.isPasskeyAsked);

  it('is in the state passkey with what to do, is asked for one challenge, and is not given up', async () => {
    monitor.syncing('logged in');
    void monitor.look();
    await asksFor(3);
    assert.equal(last(), `passkey: ${PASSKEY_REASON}`);
    assert.deepEqual(run.acts, ['passkey']);
    assert.deepEqual(run.ends, []);
  });

  it('shows its code again when it no longer asks', async () => {
    monitor.linking();
    void monitor.look();
    await asksFor(1);
    run.page = { ...ASKS, asksForPasskey: false };
    await until('the code', () => last() === 'qr: waiting for the phone to scan');
    assert.ok(!monitor.isPasskeyAsked);
  });

  it('is syncing once a phone has linked it', async () => {
    monitor.linking();
    void monitor.look();
    await asksFor(1);
    run.page = { ...ASKS, isRegistered: true };
    await until('the link', () => last() === 'syncing: linking with the phone');
    assert.ok(!run.states.some((state) => state.startsWith('qr')));
  });
});
