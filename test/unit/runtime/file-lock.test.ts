import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '../../../services/runtime/log.ts';
import { findLockHolder, lockFile, logReplaced } from '../../../services/runtime/process/file-lock.ts';

/** Larger than any that Linux gives. */
const NO_PID = 2 ** 22 + 1;

/** What may lie there, and the process that it names. Only a lock of this release is an empty file. */
const FOREIGN: readonly (readonly [string, string | Buffer, number | undefined])[] = [
  ['the JSON of a process that is gone', JSON.stringify({ pid: NO_PID, startedAt: '7', run: 'a' }), NO_PID],
  [
    'a pid that another process has by now',
    JSON.stringify({ pid: process.ppid, startedAt: '7', run: 'a' }),
    process.ppid,
  ],
  [
    'our own pid, as in a container',
    JSON.stringify({ pid: process.pid, startedAt: '7', run: 'a' }),
    process.pid,
  ],
  ['a bare pid', `${NO_PID}\n`, NO_PID],
  ['half of a JSON', '{"pid":12,"star', undefined],
  ['JSON of another shape', '[1, {"pid": "x"}]', undefined],
  ['zeros', Buffer.alloc(4_096), undefined],
  ['a torn database', Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(100)]), undefined],
  ['anything', 'this is no database, '.repeat(100), undefined],
];

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
    rmSync(join(folder, 'deep'), { recursive: true });
    writeFileSync(join(folder, 'deep'), 'a file');
    assert.throws(() => lockFile(path, 'already_running'), { code: 'EEXIST' });
  });

  for (const [what, content, pid] of FOREIGN)
    it(`is taken where a lock file lies that holds ${what}: an earlier release, or a power cut, left it`, () => {
      mkdirSync(join(folder, 'deep'));
      writeFileSync(`${path}.lock`, content);
      assert.equal(findLockHolder(path), undefined);
      const lock = lockFile(path, 'already_running');
      assert.equal(lock.replaced?.pid, pid);
      assert.throws(() => lockFile(path, 'already_running'), { code: 'already_running' });
      const lines: string[] = [];
      logReplaced(lock, path, createLog('test', 'warn', { write: (line) => void lines.push(line) }));
      assert.match(lines.join(''), /thing\.lock was of an earlier release, or torn, and named .*: replaced/);
      lock.release();
      const next = lockFile(path, 'already_running');
      assert.equal(next.replaced, undefined);
      next.release();
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
