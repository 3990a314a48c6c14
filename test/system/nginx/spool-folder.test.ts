import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { prepareRuntime, removeSpool } from '../../../nginx/work-folder.ts';

describe('the folder of bodies that nginx keeps on disk', () => {
  it('is outside of the data folder, for this user alone, and goes with its nginx, however that ended', () => {
    const data = mkdtempSync(join(tmpdir(), 'gatehouse-spool-test-'));
    try {
      const folder = join(data, 'gate');
      const { spool } = prepareRuntime(folder);
      assert.match(relative(data, spool), /^\.\./);
      assert.equal(statSync(spool).mode & 0o777, 0o700);
      writeFileSync(join(spool, '0000000001'), 'half a body');
      const next = prepareRuntime(folder).spool;
      assert.equal(existsSync(spool), false);
      removeSpool(folder);
      assert.equal(existsSync(next), false);
    } finally {
      rmSync(data, { recursive: true, force: true });
    }
  });

  it('is never another folder, whatever the note says', () => {
    const data = mkdtempSync(join(tmpdir(), 'gatehouse-spool-test-'));
    try {
      writeFileSync(join(data, 'spool-folder'), data);
      removeSpool(data);
      assert.ok(existsSync(data));
    } finally {
      rmSync(data, { recursive: true, force: true });
    }
  });
});
