import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { findPortOwner } from '../../../services/runtime/process/port-owner.ts';
import {
  commandOf,
  findMarked,
  hasEnded,
  readProcess,
  signalProcess,
} from '../../../services/runtime/process/process-table.ts';
import { until } from '../../support/until.ts';

describe('process table', () => {
  it('finds the processes of a mark, and those of their session that do not show it', async () => {
    const mark = `GATEHOUSE_TEST=${randomUUID()}`;
    const child = spawn('/bin/sh', ['-c', 'env -i sleep 60 & wait'], {
      detached: true,
      env: { PATH: '/usr/bin:/bin', [mark.split('=')[0] ?? '']: mark.split('=')[1] },
      stdio: 'ignore',
    });
    try {
      await until('both are there', () => findMarked(mark).length === 2);
      assert.ok(findMarked(mark).includes(child.pid ?? 0));
    } finally {
      for (const pid of findMarked(mark)) signalProcess(pid, 'SIGKILL');
    }
    await until('both are gone', () => findMarked(mark).length === 0);
  });

  it('knows a process that has ended, also before its parent has asked for its end', async () => {
    // Its parent is a program that never asks.
    const parent = spawn('/bin/sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      const [text] = await once(parent.stdout, 'data');
      const pid = Number(String(text));
      assert.equal(hasEnded(pid), false);
      await until('the shell has gone over to it', () => commandOf(parent.pid ?? 0) === 'sleep 60');
      signalProcess(pid, 'SIGKILL');
      await until('it has ended', () => hasEnded(pid));
      assert.equal(readProcess(pid)?.isZombie, true);
    } finally {
      parent.kill('SIGKILL');
    }
    await until('it is reaped', () => hasEnded(parent.pid ?? 0));
  });

  it('tells a process from a later one of the same pid by its start', () => {
    assert.match(readProcess(process.pid)?.startedAt ?? '', /^\d+$/);
    assert.equal(readProcess(2 ** 30), undefined);
  });

  it('knows who listens on a port', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    assert.equal(findPortOwner(address.port)?.pid, process.pid);
    server.close();
    await once(server, 'close');
    assert.equal(findPortOwner(address.port), undefined);
  });
});
