import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { NO_BROWSER, startKit } from '../../support/kit/kit.ts';
import { processesOf } from '../../support/kit/processes-of.ts';
import { until } from '../../support/until.ts';

const MOCHA = fileURLToPath(new URL('../../../node_modules/mocha/bin/mocha.js', import.meta.url));
const LEFT_RUNNING = fileURLToPath(new URL('../../support/kit/left-running.ts', import.meta.url));

describe('kit of a test that fails', () => {
  it('ends when it does not come up in time', async () => {
    // Without a browser WhatsApp is never ready.
    const kit = await startKit({ args: ['start'], env: NO_BROWSER });
    await kit.until('its services run', () => kit.output.includes('api started'));
    await assert.rejects(kit.ready(0), /it still does not hold that WhatsApp is ready/);
    assert.equal(await kit.exit, 0);
    assert.deepEqual(processesOf(kit.dataDir), []);
    assert.ok(!existsSync(kit.dataDir));
  });

  it('fails at once when it exits instead of coming up', async () => {
    const kit = await startKit({ args: ['start'], env: { ...NO_BROWSER, DRAIN_MS: 'long' } });
    await assert.rejects(kit.up(), /the kit ended with 78\n[\s\S]*DRAIN_MS/);
    assert.ok(!existsSync(kit.dataDir));
  });

  it('is killed when the test file ends, which it does not keep from ending', async () => {
    const { status, stdout } = spawnSync(
      process.execPath,
      [MOCHA, '--no-config', '--timeout', '250000', LEFT_RUNNING],
      { encoding: 'utf8' },
    );
    assert.match(stdout, /fails after the start/);
    assert.equal(status, 1, stdout);
    const { dataDir, count } = JSON.parse(/^\{.*\}$/m.exec(stdout)?.[0] ?? assert.fail(stdout));
    assert.ok(count >= 3, stdout);
    // A killed process is in the table until the kernel has taken it down.
    await until('no process is left', () => processesOf(dataDir).length === 0);
    assert.ok(!existsSync(dataDir));
  });
});
