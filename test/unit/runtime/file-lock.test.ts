import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockFile } from '../../../services/runtime/process/file-lock.ts';

describe('lock of a file', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-lock-'));
    path = join(folder, 'deep', 'thing');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is held once, makes its folder, names its owner to the next, and is free after it', () => {
    const lock = lockFile(path, 'already_running');
    assert.throws(() => lockFile(path, 'already_running'), {
      code: 'already_running',
      message: new RegExp(
        `thing is in use by process ${process.pid} on ${hostname()} since .*; stop that one`,
      ),
    });
    lock.release();
    assert.ok(!existsSync(`${path}.owner`));
    lockFile(path, 'already_running').release();
  });

  it('says another process when the owner has not written its name, or not well', () => {
    const lock = lockFile(path, 'already_running');
    for (const content of ['', '{"pid":', '{"pid":"x"}']) {
      writeFileSync(`${path}.owner`, content);
      assert.throws(() => lockFile(path, 'already_running'), /thing is in use by another process/);
    }
    rmSync(`${path}.owner`);
    assert.throws(() => lockFile(path, 'already_running'), /thing is in use by another process/);
    lock.release();
  });

  it('blames no other process for a folder in which nobody can lock', () => {
    mkdirSync(`${path}.lock`, { recursive: true });
    assert.throws(() => lockFile(path, 'already_running'), { code: 'ERR_SQLITE_ERROR' });
    rmdirSync(`${path}.lock`);
    writeFileSync(`${path}.lock`, 'this is no database, '.repeat(100));
    assert.throws(() => lockFile(path, 'already_running'), { code: 'ERR_SQLITE_ERROR' });
    rmSync(join(folder, 'deep'), { recursive: true });
    writeFileSync(join(folder, 'deep'), 'a file');
    assert.throws(() => lockFile(path, 'already_running'), { code: 'EEXIST' });
  });

  it('is let go even when its owner cannot be written down, or crossed out', () => {
    mkdirSync(`${path}.owner`, { recursive: true });
    assert.throws(() => lockFile(path, 'already_running'), { code: 'EISDIR' });
    rmdirSync(`${path}.owner`);
    const lock = lockFile(path, 'already_running');
    rmSync(`${path}.owner`);
    mkdirSync(`${path}.owner`);
    lock.release();
    rmdirSync(`${path}.owner`);
    lockFile(path, 'already_running').release();
  });
});
