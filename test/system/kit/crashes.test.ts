import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  commandOf,
  findMarked,
  listPids,
  signalProcess,
} from '../../../services/runtime/process/process-table.ts';
import { freePorts, type Kit, NO_BROWSER, startKit } from '../../support/kit/kit.ts';

const isBrowser = (pid: number) => /--user-data-dir=/.test(commandOf(pid)) && !/--type=/.test(commandOf(pid));

describe('kit, whose processes are killed', function () {
  this.timeout(120_000);
  let kit: Kit;
  before(async () => {
    kit = await (await startKit()).ready();
  });
  after(() => kit[Symbol.asyncDispose]());

  const sendWorks = async () =>
    (await kit.post('/api/whatsapp/send', { chat_id: '15551234567', message: 'still here' })).status === 200;

  for (const service of ['gate', 'api', 'bridge', 'sandbox']) {
    it(`has the ${service} back by itself after kill -9, and sends again`, async () => {
      const pid = kit.pidOf(service);
      signalProcess(pid, 'SIGKILL');
      await kit.until('it runs as another process', () => kit.pidOf(service) !== pid);
      await kit.until('a message goes through', sendWorks, 60_000);
      const { services } = await kit.health();
      assert.equal(services[service]?.state, 'ready');
      assert.ok((services[service]?.restarts ?? 0) >= 1);
    });
  }

  it('has the browser back by itself after kill -9, without a new scan', async () => {
    const browser = kit.processes.find(isBrowser);
    assert.ok(browser);
    const codes = kit.output.split('"state":"qr"').length;
    signalProcess(browser, 'SIGKILL');
    await kit.until(
      'another browser runs',
      () => kit.processes.some((pid) => isBrowser(pid) && pid !== browser),
      60_000,
    );
    await kit.until('a message goes through', sendWorks, 60_000);
    assert.equal(kit.output.split('"state":"qr"').length, codes);
  });

  it('has one browser, whatever was killed', async () => {
    assert.equal(kit.processes.filter(isBrowser).length, 1);
  });

  it('stops and starts anew a service that alone is asked to stop', async () => {
    const pid = kit.pidOf('api');
    signalProcess(pid, 'SIGTERM');
    await kit.until('it runs as another process', () => kit.pidOf('api') !== pid);
    await kit.until('a message goes through', sendWorks);
  });
});

describe('kit, whose supervisor is killed', function () {
  this.timeout(120_000);

  for (const [how, prepare] of [
    ['', () => undefined],
    [
      ', while its browser hangs',
      (kit: Kit) => {
        for (const pid of kit.processes) if (/chrom/.test(commandOf(pid))) signalProcess(pid, 'SIGSTOP');
      },
    ],
  ] as const) {
    it(`leaves nothing behind${how}, and the next start works without a scan`, async () => {
      const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-killed-'));
      try {
        const ports = await freePorts();
        await using kit = await (await startKit({ dataDir, ports })).ready();
        prepare(kit);
        kit.child.kill('SIGKILL');
        await kit.until(
          'no process of the kit is left',
          () => findMarked(`DATA_DIR=${dataDir}`).length === 0,
        );
        await using next = await (await startKit({ dataDir, ports })).ready();
        assert.ok(!next.output.includes('"state":"qr"'), 'a new scan was needed');
        assert.equal(await next.stop(), 0);
      } finally {
        rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
      }
    });
  }

  it('ends what is left even when its guard was killed before it, at the next start', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-killed-'));
    try {
      const ports = await freePorts();
      await using kit = await (await startKit({ dataDir, ports })).ready();
      const hung = [kit.pidOf('api'), ...kit.processes.filter(isBrowser)];
      for (const pid of hung) signalProcess(pid, 'SIGSTOP');
      kit.child.kill('SIGSTOP'); // It must not post another guard.
      for (const guard of guardsOf(kit)) signalProcess(guard, 'SIGKILL');
      kit.child.kill('SIGKILL');
      await kit.exit;
      await using next = await (await startKit({ dataDir, ports })).ready();
      assert.match(next.output, /ended \d+ processes that an earlier run had left behind/);
      assert.equal(next.processes.filter(isBrowser).length, 1);
    } finally {
      rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
    }
  });
});

describe('kit, with a service that cannot live', function () {
  this.timeout(60_000);

  it('calls it failed, says why on /health, keeps the rest up, and tries again on SIGHUP', async () => {
    await using kit = await startKit({
      env: { RESTART_LIMIT: '2', RESTART_STABLE_MS: '60000', ...NO_BROWSER },
      args: ['start'],
    });
    await kit.up();
    await kit.until('the bridge runs', async () => (await kit.health()).services.bridge?.state === 'ready');
    for (const outcome of ['ready', 'failed']) {
      const bridge = kit.pidOf('bridge');
      signalProcess(bridge, 'SIGKILL');
      const hasCome = async () =>
        (await kit.health()).services.bridge?.state === outcome &&
        (outcome === 'failed' || kit.pidOf('bridge') !== bridge);
      await kit.until(`the bridge is ${outcome}`, hasCome);
    }
    const health = await kit.health();
    assert.equal(health.status, 'degraded');
    assert.equal(health.services.bridge?.state, 'failed');
    assert.match(
      health.services.bridge?.reason ?? '',
      /^crash loop: it was ended by SIGKILL, 2 times in a row/,
    );
    assert.equal(health.services.api?.state, 'ready');
    kit.child.kill('SIGHUP');
    await kit.until(
      'the bridge runs again',
      async () => (await kit.health()).services.bridge?.state === 'ready',
    );
  });
});

/** The guard carries no mark of the run: it is found by the one it was told. */
function guardsOf(kit: Kit): number[] {
  const { run } = JSON.parse(readFileSync(join(kit.dataDir, 'supervisor.run'), 'utf8'));
  return listPids().filter((pid) => commandOf(pid).includes(`guard.sh GATEHOUSE_RUN=${run}`));
}
