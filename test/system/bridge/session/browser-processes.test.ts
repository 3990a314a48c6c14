import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { browserTree, killBrowserTree } from '../../../../services/bridge/session/browser-processes.ts';
import { freeProfile } from '../../../../services/bridge/session/profile-lock.ts';
import { listProcesses } from '../../../../services/runtime/process/process-table.ts';
import { until } from '../../../support/until.ts';

const PROFILE = join(tmpdir(), `gatehouse-no-profile-${process.pid}`);

/** A stand-in for a browser: leader of a process group, with a child. */
function spawnGroup() {
  const child = spawn('/bin/sh', ['-c', 'sleep 60 & sleep 60'], { detached: true, stdio: 'ignore' });
  assert.ok(child.pid !== undefined);
  return { child, pid: child.pid };
}

describe('bridge, killing a browser', () => {
  it('kills its whole process group', async () => {
    const { child, pid } = spawnGroup();
    await until('the group', () => browserTree(PROFILE, pid).length >= 2);
    const gone = once(child, 'exit');
    await killBrowserTree(PROFILE, pid);
    await gone;
    assert.deepEqual(browserTree(PROFILE, pid), []);
  });

  it('kills its process group on a system without /proc, too', async () => {
    const { child, pid } = spawnGroup();
    await until('the group', () => listProcesses().filter(({ group }) => group === pid).length >= 2);
    const gone = once(child, 'exit');
    await killBrowserTree(PROFILE, pid, () => []);
    await gone;
    assert.deepEqual(browserTree(PROFILE, pid), []);
    await killBrowserTree(PROFILE, undefined, () => []);
  });

  it('frees a profile of the browser that an earlier bridge left on it', async () => {
    const args = ['-c', 'sleep 60 & sleep 60', 'browser', `--user-data-dir=${PROFILE}`];
    const orphan = spawn('/bin/sh', args, { detached: true, stdio: 'ignore' });
    const gone = once(orphan, 'exit');
    await until('the orphan', () => browserTree(PROFILE).length >= 2);
    assert.equal(await freeProfile(PROFILE), `killed the orphaned browser ${orphan.pid}`);
    await gone;
    assert.equal(orphan.signalCode, 'SIGKILL');
    assert.deepEqual(browserTree(PROFILE), []);
    assert.equal(await freeProfile(PROFILE), undefined);
  });
});
