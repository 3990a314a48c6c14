import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { ConnectionWatch } from '../../../../services/bridge/session/connection-watch.ts';
import { SOUND } from '../../../support/bridge/monitored-page.ts';

const DROPPED = { ...SOUND, stream: 'DISCONNECTED' };
const DOWN = 'the connection to WhatsApp is down';

describe('bridge, a connection that is lost', () => {
  let watch: ConnectionWatch;
  beforeEach(() => {
    mock.timers.enable({ apis: ['Date'] });
    watch = new ConnectionWatch();
  });
  afterEach(() => mock.timers.reset());

  it('is down at first, and closed for good when the page begins no attempt: then the login may be in use elsewhere', () => {
    assert.equal(watch.faultOf(SOUND), undefined);
    assert.equal(watch.faultOf(DROPPED), DOWN);
    assert.deepEqual(watch.endAfter(1, DOWN), {
      kind: 'failed',
      isPublic: true,
      reason: `WhatsApp was not ready within 1 ms (${DOWN})`,
    });
    mock.timers.tick(15_000);
    assert.match(watch.faultOf(DROPPED) ?? '', /same login is used elsewhere: stop the other kit/);
    assert.equal(watch.endAfter(1, DOWN).kind, 'conflict');
  });

  it('is not closed for good while the page tries again, and none of it is left after a connection', () => {
    watch.faultOf(DROPPED);
    mock.timers.tick(14_000);
    assert.equal(watch.faultOf({ ...DROPPED, state: 'OPENING' }), `${DOWN} (OPENING)`);
    mock.timers.tick(14_000);
    assert.equal(watch.faultOf(DROPPED), DOWN);
    watch.faultOf(SOUND);
    mock.timers.tick(60_000);
    assert.equal(watch.faultOf(DROPPED), DOWN);
    assert.equal(watch.endAfter(1, DOWN).kind, 'failed');
  });
});
