import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
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

describe('lock of a file, beside its process', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-lock-'));
    path = join(folder, 'deep', 'thing');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

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
});
