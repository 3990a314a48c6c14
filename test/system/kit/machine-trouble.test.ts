import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  commandOf,
  hasEnded,
  listPids,
  signalProcess,
} from '../../../services/runtime/process/process-table.ts';
import { type Kit, NO_BROWSER, startKit } from '../../support/kit/kit.ts';

/** How many files the supervisor may open; those that are open stay so. */
function limitFiles({ child }: Kit, files: number): void {
  const { status, stderr } = spawnSync('prlimit', ['--pid', `${child.pid}`, `--nofile=${files}:`]);
  assert.equal(status, 0, String(stderr));
}

function readFilesLimit({ child }: Kit): number {
  const limits = readFileSync(`/proc/${child.pid}/limits`, 'utf8');
  return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1]);
}

/** A limit with room for one more file: enough to take a question for /health, and not for the start of a service. */
function tightLimit({ child }: Kit): number {
  const open = new Set(readdirSync(`/proc/${child.pid}/fd`).map(Number));
  let lowest = 0;
  while (open.has(lowest)) lowest += 1;
  return lowest + 1;
}

describe('kit on a machine that lets no process begin for a while', () => {
  let kit: Kit;
  let usual: number;
  before(async () => {
    // Fewer tries than the trouble outlasts: as crashes they would be a crash loop.
    const env = {
      RESTART_LIMIT: '2',
      RESTART_BACKOFF_MS: '50',
      RESTART_BACKOFF_MAX_MS: '200',
      ...NO_BROWSER,
    };
    kit = await (await startKit({ args: ['start'], env })).up();
    usual = readFilesLimit(kit);
  });
  after(() => kit?.[Symbol.asyncDispose]());

  it('says on /health what the machine lacks, tries again without end, and calls nothing failed', async () => {
    limitFiles(kit, tightLimit(kit));
    const api = kit.pidOf('api');
    signalProcess(api, 'SIGKILL');
    await kit.until('it is dead', () => hasEnded(api));
    await kit.until('it has been tried many times', async () => {
      const { state, reason, restarts, next_try_at } = (await kit.health()).services.api ?? {};
      return (
        restarts !== undefined &&
        restarts > 6 &&
        state === 'restarting' &&
        reason?.includes('(EMFILE)') &&
        next_try_at !== undefined
      );
    });
    const lines = kit.output.split('\n').filter((line) => line.includes('api could not be started'));
    assert.equal(lines.length, 1, 'one line for one change');
  });

  it('does not end for the gate either, nor for the guard', async () => {
    limitFiles(kit, 1);
    const [gate, guards] = [kit.pidOf('gate'), guardsOf(kit)];
    for (const pid of [gate, ...guards]) signalProcess(pid, 'SIGKILL');
    await kit.until('the gate has been tried', () => kit.output.includes('gate could not be started'));
    await kit.until('the guard has been tried', () => kit.output.includes('no guard could be posted'));
    assert.equal(kit.child.exitCode, null);
  });

  it('has all services back by itself when the trouble is over', async () => {
    limitFiles(kit, usual);
    await kit.until('the api is ready', async () => (await fetch(`${kit.origin}/health`)).ok);
    await kit.until('the guard is posted', () => guardsOf(kit).length === 1);
    await kit.until('the log says so', () =>
      ['api', 'gate'].every((name) =>
        kit.output.includes(`${name} is ready: the trouble of the machine is over`),
      ),
    );
    const { api } = (await kit.health()).services;
    assert.deepEqual([api?.state, api?.reason, api?.next_try_at], ['ready', undefined, undefined]);
    assert.equal(await kit.stop(), 0);
  });
});

function guardsOf({ dataDir }: Kit): number[] {
  const { run } = JSON.parse(readFileSync(join(dataDir, 'supervisor.run'), 'utf8'));
  return listPids().filter((pid) => commandOf(pid).includes(`guard.sh GATEHOUSE_RUN=${run}`));
}
