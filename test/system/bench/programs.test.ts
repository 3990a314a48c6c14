import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../bench/main.ts', import.meta.url));

describe('bench, where wrk is missing and this user may install nothing', () => {
  it('names wrk and the command that installs it, and measures nothing', () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
    try {
      for (const program of ['sh', 'grep', 'tr', 'cat'])
        symlinkSync(`/bin/${program}`, join(folder, program));
      writeFileSync(join(folder, 'id'), '#!/bin/sh\necho 1000\n', { mode: 0o755 });
      const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'start', 'gate'], {
        env: { ...process.env, PATH: folder },
        encoding: 'utf8',
      });
      assert.equal(status, 69, stderr);
      assert.equal(stdout, '');
      assert.match(stderr, /^Not on this machine: .*wrk/m);
      assert.match(stderr, /apt-get install --no-install-recommends .*wrk/);
      assert.doesNotMatch(stderr, /measuring/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
