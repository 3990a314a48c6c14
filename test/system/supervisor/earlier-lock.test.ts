import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '../../../services/runtime/log.ts';
import { findLockHolder } from '../../../services/runtime/process/file-lock.ts';
import { hasEnded, readProcess, signalProcess } from '../../../services/runtime/process/process-table.ts';
import { lockInstance } from '../../../services/supervisor/instance/instance-lock.ts';
import { until } from '../../support/until.ts';

const RUN = 'run-of-an-earlier-release';

// Before the lock was the kernel's, a supervisor wrote itself into DATA_DIR/supervisor.lock.
describe('supervisor, on the data folder of an earlier release', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-earlier-'));
  const started: ChildProcess[] = [];
  const lines: string[] = [];
  const log = createLog('supervisor', 'info', { write: (line) => void lines.push(line) });
  const begin = async (variables: Record<string, string> = {}) => {
    const child = spawn('sh', ['-c', 'sleep 600; exit', 'bin/gatehouse.js', 'start'], {
      detached: true,
      env: { PATH: '/usr/bin:/bin', ...variables },
      stdio: 'ignore',
    });
    started.push(child);
    await once(child, 'spawn');
    return child.pid ?? 0;
  };
  after(() => {
    for (const { pid } of started) signalProcess(-(pid ?? 0), 'SIGKILL');
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('refuses while that kit runs, and says which process to stop', async () => {
    const pid = await begin();
    const startedAt = readProcess(pid)?.startedAt;
    writeFileSync(join(dataDir, 'supervisor.lock'), JSON.stringify({ pid, startedAt, run: RUN }));
    assert.deepEqual(findLockHolder(join(dataDir, 'supervisor')), {});
    await assert.rejects(lockInstance(dataDir, 'new-run', log), {
      code: 'already_running',
      message: new RegExp(`already runs on ${dataDir}, as process ${pid} of an earlier release .*: stop it`),
    });
    signalProcess(-pid, 'SIGKILL');
    await until('it has ended', () => hasEnded(pid));
  });

  it('takes over once that kit is gone, ends what it left behind, and says so', async () => {
    const orphan = await begin({ GATEHOUSE_RUN: RUN });
    const unlock = await lockInstance(dataDir, 'new-run', log);
    assert.ok(hasEnded(orphan));
    assert.match(lines.join(''), /supervisor\.lock was of an earlier release.*which is gone: replaced/);
    await assert.rejects(lockInstance(dataDir, 'third-run', log), { code: 'already_running' });
    unlock();
    (await lockInstance(dataDir, 'third-run', log))();
  });

  it('takes over from a process that has got the pid and is no kit', async () => {
    writeFileSync(join(dataDir, 'supervisor.lock'), JSON.stringify({ pid: process.ppid, run: RUN }));
    (await lockInstance(dataDir, 'fourth-run', log))();
  });
});
