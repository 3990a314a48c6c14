import assert from 'node:assert/strict';
import pino from 'pino';
import { endOfDisconnect, endOfUnsupported } from '../../../../services/bridge/session/browser-end.ts';
import { StatusReporter } from '../../../../services/bridge/session/status.ts';
import { until } from '../../../support/until.ts';

const LOGOUT = endOfDisconnect('LOGOUT', { reason: 'account_locked' });

describe('bridge, the reason of a state', () => {
  let reporter: StatusReporter;
  beforeEach(() => {
    const observer = {
      state: () => undefined,
      qr: () => undefined,
      inbound: () => undefined,
      pageReady: () => undefined,
      pageAway: () => undefined,
    };
    reporter = new StatusReporter('test', observer, pino({ level: 'silent' }));
  });

  it('goes on to say how the last link ended, until there is another', () => {
    reporter.ended(LOGOUT);
    assert.equal(reporter.status.reason, LOGOUT.reason);
    assert.match(LOGOUT.reason, /logged itself out: account_locked.*open WhatsApp on the phone/);
    for (const state of ['starting', 'qr', 'pairing', 'syncing'] as const) {
      reporter.set(state, 'as it is');
      const told =
        /^as it is; the last browser ended at 2\S+Z: WhatsApp Web logged itself out: account_locked/;
      assert.match(reporter.status.reason ?? '', told, state);
      assert.match(reporter.publicReason ?? '', told, state);
    }
    reporter.setReady();
    reporter.set('syncing', 'anew');
    assert.equal(reporter.status.reason, 'anew');
  });

  it('names the moment of the end, not that of the closed browser', async () => {
    reporter.ended(LOGOUT);
    const endedBy = Date.now();
    await until('another millisecond', () => Date.now() > endedBy);
    reporter.ended({ ...LOGOUT });
    reporter.set('starting');
    const at = /the last browser ended at (\S+):/.exec(reporter.status.reason ?? '')?.[1] ?? '';
    assert.ok(Date.parse(at) <= endedBy, at);
  });

  it('is kept from strangers when it may name a path, and told to them otherwise', () => {
    const failure = { kind: 'failed', reason: 'the browser did not start: spawn /opt/chromium' } as const;
    reporter.ended(failure);
    assert.equal(reporter.status.reason, failure.reason);
    assert.equal(reporter.publicReason, 'GET /api/whatsapp/status has the reason');
    reporter.set('starting');
    assert.match(reporter.publicReason ?? '', /ended at \S+: GET \/api\/whatsapp\/status has the reason$/);
    reporter.ended(endOfUnsupported('WhatsApp works with Google Chrome 100+'));
    assert.match(reporter.publicReason ?? '', /does not support this browser.*update Chromium/);
  });

  it('is told to strangers without the remarks, and not at all when the session is ready', () => {
    reporter.remark('events', 'the spool /data/spool takes nothing');
    reporter.hold('WhatsApp has not acknowledged a message');
    reporter.setReady();
    assert.equal(reporter.publicReason, 'WhatsApp has not acknowledged a message');
    reporter.hold(undefined);
    reporter.setReady();
    assert.equal(reporter.publicReason, undefined);
    assert.equal(reporter.status.reason, 'the spool /data/spool takes nothing');
  });

  it('does not speak of a browser that was ended by request', () => {
    reporter.ended({ kind: 'stopped', reason: 'disconnected by request' });
    reporter.set('starting');
    assert.equal(reporter.status.reason, undefined);
  });
});
