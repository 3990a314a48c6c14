import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findBrowser } from '../../../../services/runtime/find-browser.ts';
import { startWorld } from '../../../support/bridge/world.ts';
import { until } from '../../../support/until.ts';

describe('bridge, on a machine that does not reach WhatsApp', () => {
  it('reports it with the cause, keeps trying, and stays up', async () => {
    await using world = await startWorld();
    const browser = join(world.dir, 'browser-without-names');
    writeFileSync(
      browser,
      `#!/bin/sh\nexec '${await findBrowser('')}' "$@" '--host-resolver-rules=MAP * ~NOTFOUND'\n`,
    );
    chmodSync(browser, 0o755);
    // On a busy machine the browser itself takes longer to start than the limit that the other tests use.
    await world.startBridge({ browserPath: browser, limits: { initMs: 120_000 } });
    const status = await world.untilState('offline');
    assert.match(String(status.reason), /cannot reach WhatsApp: net::ERR_NAME_NOT_RESOLVED/);
    await until('it tries again', () => world.log.filter((line) => isOffline(line)).length > 1);
    assert.equal(world.bridge.exitCode, null);
    assert.equal((await world.health()).status, 'ok');
  });
});

const isOffline = (line: string) => line.includes('"state":"offline"') || /is offline\b/.test(line);
