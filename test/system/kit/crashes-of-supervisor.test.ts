import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandOf, listPids, signalProcess } from '../../../services/runtime/process/process-table.ts';
import { isBrowser } from '../../support/kit/browsers.ts';
import { freePorts, type Kit, NO_BROWSER, startKit } from '../../support/kit/kit.ts';
import { processesOf } from '../../support/kit/processes-of.ts';

// One data folder: each test goes on with what the one before has left.
describe('kit, whose supervisor is killed', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-killed-'));
  let ports: Awaited<ReturnType<typeof freePorts>>;
  let kit: Kit;
  const start = () => startKit({ dataDir, ports });
  before(async () => {
    ports = await freePorts();
    kit = await (await start()).ready();
  });
  after(async () => {
    await kit?.[Symbol.asyncDispose]();
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  });

  it('leaves nothing behind while its browser hangs; the next start needs no scan', async () => {
    for (const pid of kit.processes) if (/chrom/.test(commandOf(pid))) signalProcess(pid, 'SIGSTOP');
    kit.child.kill('SIGKILL');
    await kit.until('no process of the kit is left', () => processesOf(dataDir).length === 0);
    kit = await (await start()).ready();
    assert.ok(!kit.output.includes('"state":"qr"'), 'a new scan was needed');
  });

  it('ends what is left even when its guard was killed before it, at the next start', async () => {
    const hung = [kit.pidOf('api'), ...kit.processes.filter(isBrowser)];
    for (const pid of hung) signalProcess(pid, 'SIGSTOP');
    kit.child.kill('SIGSTOP'); // It must not post another guard.
    for (const guard of guardsOf(kit)) signalProcess(guard, 'SIGKILL');
    kit.child.kill('SIGKILL');
    await kit.exit;
    kit = await (await start()).ready();
    assert.match(kit.output, /ended \d+ processes that an earlier run had left behind/);
    assert.equal(kit.processes.filter(isBrowser).length, 1);
    assert.ok(!kit.output.includes('"state":"qr"'), 'a new scan was needed');
    assert.equal(await kit.stop(), 0);
  });
});

describe('kit, with a service that cannot live', () => {
  let kit: Kit;
  before(async () => {
    const env = { RESTART_LIMIT: '2', RESTART_STABLE_MS: '600000', DRAIN_MS: '3000', ...NO_BROWSER };
    kit = await (await startKit({ env, args: ['start'] })).up();
  });
  after(() => kit?.[Symbol.asyncDispose]());

  const bridgeIs = (state: string) =>
    kit.until(`the bridge is ${state}`, async () => (await kit.health()).services.bridge?.state === state);

  it('calls it failed, says why on /health, keeps the rest up, and tries again on SIGHUP', async () => {
    await bridgeIs('ready');
    const first = kit.pidOf('bridge');
    signalProcess(first, 'SIGKILL');
    await kit.until('it runs as another process', () => kit.pidOf('bridge') !== first);
    await bridgeIs('ready');
    signalProcess(kit.pidOf('bridge'), 'SIGKILL');
    await bridgeIs('failed');
    const health = await kit.health();
    assert.equal(health.status, 'degraded');
    assert.match(
      health.services.bridge?.reason ?? '',
      /^crash loop: it was ended by SIGKILL, 2 times in a row/,
    );
    assert.equal(health.services.api?.state, 'ready');
    kit.child.kill('SIGHUP');
    await bridgeIs('ready');
  });

  it('exits 1 when something had to be killed, and leaves no process even then', async () => {
    process.kill(kit.pidOf('bridge'), 'SIGSTOP');
    assert.equal(await kit.stop(), 1);
    assert.match(kit.output, /bridge did not stop within \d+ ms: killed/);
    assert.deepEqual(processesOf(kit.dataDir), []);
  });
});

/** The guard carries no mark of the run: its command line names the run that it guards. */
function guardsOf(kit: Kit): number[] {
  const { run } = JSON.parse(readFileSync(join(kit.dataDir, 'supervisor.run'), 'utf8'));
  return listPids().filter((pid) => commandOf(pid).includes(`guard.sh GATEHOUSE_RUN=${run}`));
}
