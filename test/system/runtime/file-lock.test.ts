import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lockFile } from '../../../services/runtime/process/file-lock.ts';

const SOURCE = fileURLToPath(new URL('../../../services/runtime/process/file-lock.ts', import.meta.url));
/** A process that takes the lock and keeps it. */
const HOLDER = `
const { lockFile } = await import(process.argv[1]);
lockFile(process.argv[2], 'already_running');
console.log('held');
setInterval(() => {}, 1000);
`;

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

  it('ends with its process, however that ends', async () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', HOLDER, SOURCE, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    assert.throws(() => lockFile(path, 'bridge_failed'), {
      code: 'bridge_failed',
      message: new RegExp(`in use by process ${child.pid} `),
    });
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    const lock = lockFile(path, 'already_running');
    assert.equal(JSON.parse(readFileSync(`${path}.owner`, 'utf8')).pid, process.pid);
    lock.release();
  });

  it('outlives what it was got by, when memory is tidied up', () => {
    const code = `
const { lockFile } = await import(process.argv[1]);
lockFile(process.argv[2], 'already_running');
for (let turn = 0; turn < 5; turn += 1) { gc(); await new Promise((resolve) => setImmediate(resolve)); }
try { lockFile(process.argv[2], 'already_running'); } catch (error) { console.log(error.code); }
`;
    const told = spawnSync(
      process.execPath,
      ['--expose-gc', '--input-type=module', '-e', code, SOURCE, path],
      {
        encoding: 'utf8',
      },
    );
    assert.equal(told.stdout.trim(), 'already_running', told.stderr);
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
