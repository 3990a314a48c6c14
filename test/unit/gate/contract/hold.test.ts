import assert from 'node:assert/strict';
import { Hold } from '../../../../services/gate/contract/hold.ts';
import { freePort } from '../../../support/free-port.ts';
import { echo, startUpstream, waitFor } from '../../../support/gate/test-gate.ts';

describe('Hold', () => {
  it('makes one probe at a time, however many wait, and lets them go in parts', async () => {
    const port = await freePort();
    const hold = new Hold({ host: '127.0.0.1', port }, 60_000);
    let probes = 0;
    let released = 0;
    for (let index = 0; index < 1_000; index += 1) {
      hold.wait(performance.now(), () => released++, assert.fail);
    }

    await using upstream = await startUpstream(echo, port);
    upstream.server.on('connection', () => probes++);
    await waitFor(() => released === 1_000, 'all to be released');

    assert.equal(probes, Math.ceil(1_000 / 128));
    assert.equal(hold.waiting, 0);
  });

  it('keeps each wait to its own time', async () => {
    const hold = new Hold({ host: '127.0.0.1', port: await freePort() }, 100);
    const expired: string[] = [];
    hold.wait(performance.now() + 100, assert.fail, () => expired.push('late'));
    hold.wait(performance.now(), assert.fail, () => expired.push('early'));
    hold.wait(performance.now(), assert.fail, assert.fail)();

    await waitFor(() => expired.length === 2, 'both to expire');

    assert.deepEqual(expired, ['early', 'late']);
    assert.ok(hold.isDown);
  });
});
