import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { browserStarts } from '../../../../operate/doctor/checks/browser.ts';
import {
  judgeProfile,
  judgeShm,
  profileLock,
  sharedMemory,
} from '../../../../operate/doctor/checks/profile.ts';
import type { Row } from '../../../../operate/doctor/report.ts';
import { lockFile } from '../../../../services/runtime/process/file-lock.ts';
import { hasEnded } from '../../../../services/runtime/process/process-table.ts';
import { mountDisk, unmountDisk } from '../../../support/bridge/small-disk.ts';
import { sayNotTested } from '../../../support/netns/say-what-lacks.ts';
import { look, textOf, textOfFinding } from '../../../support/operate/doctor/look.ts';
import { until } from '../../../support/until.ts';

const SOURCE = fileURLToPath(new URL('../../../../services/runtime/process/file-lock.ts', import.meta.url));

const goodOrUndefined = (row: Row) => (row.severity === 'good' ? row : undefined);

describe('doctor, looking at the browser', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-doctor-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const program = (text: string, mode = 0o755) => {
    const path = join(folder, 'browser');
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  };
  const lookAt = (path: string) => look(browserStarts, { env: { PUPPETEER_EXECUTABLE_PATH: path } });

  it('really starts it', async () => {
    // A machine that is busy with other tests may take longer than the doctor waits.
    const row = await until('it shows a page', () => look(browserStarts).then(goodOrUndefined));
    assert.match(textOf(row), /showed a page in \d+ ms/);
  });

  it('says that it is missing, or not executable', async () => {
    const missing = await lookAt(join(folder, 'chromium'));
    assert.equal(missing.severity, 'error');
    assert.match(textOf(missing), /not an executable file/);
    assert.match(textOf(missing), /apt-get install chromium/);
    assert.match(textOf(await lookAt(program('#!/bin/sh\n', 0o644))), /not an executable file/);
  });

  it('says why it cannot start, by what it says', async () => {
    const cases = [
      ['echo "chromium: error while loading shared libraries: libnss3.so" >&2; exit 127', /library/],
      ['case $1 in --version) echo C 1;; *) echo "No usable sandbox!" >&2; exit 1;; esac', /no sandbox/],
      ['exit 3', /ends without showing a page/],
    ] as const;
    for (const [script, cause] of cases) {
      const row = await lookAt(program(`#!/bin/sh\n${script}\n`));
      assert.equal(row.severity, 'error', script);
      assert.match(textOf(row), cause);
    }
    assert.match(
      textOf(await lookAt(program('\u0000\u0001 no program'))),
      /another kind of processor|ends without/,
    );
  });

  it('gives up on one that hangs, and leaves no process of it', async () => {
    const path = program('#!/bin/sh\necho $$ > "$0.pid"\nexec sleep 3600\n');
    assert.match(textOf(await lookAt(path)), /it hangs/);
    const pid = Number(readFileSync(`${path}.pid`, 'utf8'));
    await until('its process has ended', () => hasEnded(pid));
  });

  it('says who has the profile: another process of this machine', async () => {
    const path = join(folder, 'sessions', 'session-default');
    const holder = spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `const { lockFile } = await import(process.argv[1]); lockFile(process.argv[2], 'bridge_failed'); console.log('held'); setInterval(() => {}, 1000);`,
        SOURCE,
        path,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    try {
      await once(holder.stdout, 'data');
      const env = { DATA_DIR: folder };
      const row = await look(profileLock, { env });
      assert.equal(row.severity, 'error');
      assert.match(textOf(row), new RegExp(`locked by process ${holder.pid} of this machine since`));
      assert.ok(!textOf(row).includes(hostname()), "the name of the machine is nobody's business");
      const ended = once(holder, 'exit');
      holder.kill('SIGKILL');
      await ended;
      assert.equal((await look(profileLock, { env })).severity, 'good');
      // A look takes nothing from whoever comes next.
      lockFile(path, 'bridge_failed').release();
    } finally {
      holder.kill('SIGKILL');
    }
  });

  it('tells a holder in another container from a bridge of this kit', () => {
    const here = { host: 'here', lives: () => true };
    const since = '2026-11-28T00:00:00.000Z';
    const [own] = judgeProfile({ owner: { pid: 7, host: 'here', since } }, [7], here);
    assert.equal(own?.severity, 'good');
    const [other] = judgeProfile({ owner: { pid: 7, host: 'c0ffee', since } }, [7], here);
    assert.ok(other !== undefined);
    assert.match(textOfFinding(other), /another machine or container.*\n.*two instances/s);
    assert.ok(!textOfFinding(other).includes('c0ffee'));
  });

  if (process.getuid?.() === 0) {
    it('finds shared memory too small', async () => {
      mountDisk(folder, '16m');
      try {
        const row = await look(sharedMemory, { sources: { shmDir: folder } });
        assert.equal(row.severity, 'warning');
        assert.match(textOf(row), /16 MB.*\n.*\n.*--shm-size/);
      } finally {
        unmountDisk(folder);
      }
    });
  } else sayNotTested('small shared memory', 'only root may mount');

  it('finds shared memory full', () => {
    assert.equal(judgeShm(64 * 1024 ** 2, 1024)[0]?.severity, 'warning');
    assert.equal(judgeShm(64 * 1024 ** 2, 64 * 1024 ** 2)[0]?.severity, 'good');
  });
});
