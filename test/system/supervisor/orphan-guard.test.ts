import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findMarked, hasEnded, signalProcess } from '../../../services/runtime/process/process-table.ts';
import { until } from '../../support/until.ts';

const SCRIPT = fileURLToPath(
  new URL('../../../services/supervisor/instance/orphan-guard.sh', import.meta.url),
);
const PATH = '/usr/bin:/bin';
const NAME = 'GATEHOUSE_TEST_RUN';

describe('orphan guard', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-guard-'));
  // Field 2 of /proc/PID/stat is the name of the program, and looks here like the end of that field.
  const hostile = join(folder, 'a) S 1 2\n3');
  const run = randomUUID();
  const started: ChildProcess[] = [];
  let orphan: ChildProcess;
  before(() => copyFileSync('/bin/sh', hostile));
  beforeEach(async () => {
    const begin = (mark: string) => {
      const child = spawn(hostile, ['-c', 'env -i sleep 600 & wait'], {
        detached: true,
        env: { PATH, [NAME]: mark },
        stdio: 'ignore',
      });
      started.push(child);
      return child;
    };
    orphan = begin(run);
    begin(`not-${run}`);
    await until('both, and their children', () =>
      [run, `not-${run}`].every((mark) => findMarked(`${NAME}=${mark}`).length === 2),
    );
  });
  afterEach(() => {
    for (const { pid } of started) signalProcess(-(pid ?? 0), 'SIGKILL');
    started.length = 0;
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('ends all of a run and of its sessions, whatever a program is called, and nothing else', async () => {
    const left = findMarked(`${NAME}=${run}`);
    const spared = findMarked(`${NAME}=not-${run}`);
    assert.deepEqual(await guardThatReads(''), [0, null]);
    await until('they have ended', () => left.every((pid) => hasEnded(pid)));
    assert.deepEqual(findMarked(`${NAME}=not-${run}`), spared);
  });

  it('does nothing when the supervisor has ended in order', async () => {
    assert.deepEqual(await guardThatReads('done\n'), [0, null]);
    assert.ok(!hasEnded(orphan.pid ?? 0));
  });

  /** Runs the guard until it exits; what it reads is all that its supervisor has said. */
  function guardThatReads(words: string) {
    const guard = spawn('/bin/sh', [SCRIPT, `${NAME}=${run}`], {
      env: { PATH },
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    guard.stdin.end(words);
    return once(guard, 'exit');
  }
});
