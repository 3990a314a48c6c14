import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import pino from 'pino';
import { PageMonitor } from '../../../../services/bridge/session/page-monitor.ts';
import { LIMITS } from '../../../support/bridge/limits.ts';
import { ModelRun } from '../../../support/bridge/monitored-page.ts';
import { until } from '../../../support/until.ts';

const DOWN = 'degraded: the connection to WhatsApp is down';

describe('bridge, how a page is judged', () => {
  let run: ModelRun;
  let monitor: PageMonitor;
  let lines: string[];
  beforeEach(() => {
    run = new ModelRun();
    lines = [];
    const log = pino({ level: 'info' }, { write: (line) => void lines.push(line) });
    monitor = new PageMonitor(run, { ...LIMITS, probeMs: 10, readyMs: 600_000 }, log, run);
  });
  afterEach(() => {
    monitor.stop();
    run.end({ kind: 'stopped', reason: 'the test is over' });
  });

  async function becomeReady(): Promise<void> {
    await monitor.becomeReady();
    assert.ok(monitor.isReady);
    void monitor.look();
  }
  const last = () => run.states.at(-1);
  async function looks(count: number): Promise<void> {
    const target = run.looks + count;
    await until(`${count} looks`, () => run.looks >= target);
  }

  /** Looks now, and not after the pause that a page gets which is not ready. */
  async function lookNow(): Promise<void> {
    const target = run.looks + 1;
    await monitor.look();
    await until('a look', () => run.looks >= target);
  }

  it('takes a stream that is disconnected in two looks for a drop, though the state is CONNECTED', async () => {
    await becomeReady();
    run.set({ stream: 'DISCONNECTED' });
    await until('the drop', () => last() === DOWN);
    assert.ok(!monitor.isReady);
    run.set({ state: 'OPENING', stream: 'DISCONNECTED' });
    await lookNow();
    run.set({});
    await lookNow();
    await until('the connection', () => last() === 'ready');
    assert.deepEqual(run.states, ['ready', DOWN, 'ready']);
  });

  it('does not take one look at a stream that is disconnected for a drop', async () => {
    await becomeReady();
    run.once({ stream: 'DISCONNECTED' });
    await looks(3);
    assert.deepEqual(run.states, ['ready']);
  });

  it('is not ready for long while the page loads anew, although the look at the navigation fails', async () => {
    monitor.stop();
    const limits = { ...LIMITS, probeMs: 600_000, readyMs: 600_000 };
    monitor = new PageMonitor(run, limits, pino({ level: 'silent' }), run);
    await becomeReady();
    await setImmediate(); // The first look is over.
    run.isBetween = true;
    monitor.navigated();
    await looks(2);
    run.isBetween = false;
    run.page = undefined;
    await until('the load', () => last() === 'syncing: WhatsApp loads its page anew');
    assert.ok(!monitor.isReady);
  });

  it('looks again soon at a page that navigates during a look', async () => {
    monitor.stop();
    const limits = { ...LIMITS, probeMs: 600_000, readyMs: 600_000 };
    monitor = new PageMonitor(run, limits, pino({ level: 'silent' }), run);
    await becomeReady();
    monitor.navigated();
    run.page = undefined;
    await until('the load', () => last() === 'syncing: WhatsApp loads its page anew');
  });

  it('stays ready whatever else the stream is', async () => {
    await becomeReady();
    for (const stream of ['SYNCING', 'RESUMING', undefined]) {
      run.set({ stream });
      await looks(3);
    }
    assert.deepEqual(run.states, ['ready']);
  });

  it('says which state the connection has when a reconnect is announced', async () => {
    await becomeReady();
    run.set({ state: 'OPENING', stream: 'DISCONNECTED' });
    monitor.connectionChanged('OPENING');
    assert.equal(last(), `${DOWN} (OPENING)`);
    run.set({});
    monitor.connectionChanged('CONNECTED');
    await until('the connection', () => last() === 'ready');
  });

  it('is not ready with a sync that was announced and is undone, or without a connection', async () => {
    for (const part of [{ hasSynced: false }, { stream: 'DISCONNECTED' }, { state: 'PAIRING' }]) {
      run.set(part);
      await monitor.becomeReady();
      assert.ok(!monitor.isReady, JSON.stringify(part));
    }
    assert.deepEqual(run.states, []);
  });

  it('does not take a plain reconnect for a scan while a code is shown', async () => {
    monitor.linking();
    run.set({ state: 'UNPAIRED', hasSynced: false, isRegistered: false, isInjected: false });
    await lookNow();
    for (const state of ['OPENING', 'PAIRING', 'UNPAIRED']) {
      run.set({ state, hasSynced: false, isRegistered: false, isInjected: false });
      await lookNow();
    }
    assert.deepEqual(run.states, []);
    run.set({ state: 'PAIRING', hasSynced: false, isRegistered: true, isInjected: false });
    await lookNow();
    await until('the scan', () => last() === 'syncing: linking with the phone');
  });

  it('asks for another code when the page has given up showing some', async () => {
    monitor.linking();
    run.set({ state: 'UNPAIRED_IDLE', hasSynced: false, isRegistered: false, isInjected: false });
    void monitor.look();
    await until('another code', () => run.acts.includes('refresh'));
    assert.deepEqual(run.states, []);
  });

  it('remarks that calls are not reported yet, and withdraws that when they are', async () => {
    run.set({ isHearingCalls: false });
    await becomeReady();
    await until('the remark', () => /WAWebCallCollection/.test(run.remarks.get('calls') ?? ''));
    run.set({});
    await until('no remark', () => run.remarks.get('calls') === undefined);
    assert.deepEqual(run.states, ['ready']);
  });

  it('logs a dialog that it acknowledges, and remarks on one that stays', async () => {
    run.set({ hasDialog: true });
    run.dialogs = { acknowledged: ["What's new"], left: [] };
    await becomeReady();
    await until('the remark', () => /stays open: "What's new"/.test(run.remarks.get('dialog') ?? ''));
    assert.equal(lines.filter((line) => line.includes('acknowledged the dialog')).length, 1);
    run.set({});
    await until('no remark', () => run.remarks.get('dialog') === undefined);
    run.set({ hasDialog: true });
    run.dialogs = { acknowledged: [], left: ['Log out?'] };
    await until('the other', () => /"Log out\?"/.test(run.remarks.get('dialog') ?? ''));
  });

  it('says that the login may be in use elsewhere when the page opens no connection, and leaves it to the other', async () => {
    mock.timers.enable({ apis: ['Date'] });
    try {
      await becomeReady();
      run.set({ stream: 'DISCONNECTED' });
      await until('the drop', () => last() === DOWN);
      mock.timers.tick(15_000);
      await until('the other browser', () => /degraded: .*same login is used elsewhere/.test(last() ?? ''));
      mock.timers.tick(600_000);
      await until('the end', () => run.ends.length > 0);
      assert.equal(run.ends[0]?.kind, 'conflict');
    } finally {
      mock.timers.reset();
    }
  });
});
