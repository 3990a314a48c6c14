import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, loadConfig } from '#config';
import { fileModes } from '../../../operate/doctor/checks/file-modes.ts';
import { createLog } from '../../../services/runtime/log.ts';
import { tightenModes } from '../../../services/supervisor/instance/tighten-modes.ts';
import { sayNotTested } from '../../support/netns/say-what-lacks.ts';
import { look, textOf } from '../../support/operate/doctor/look.ts';

const NOBODY = 65_534;
const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8);

describe('files that an earlier release has left for all to read', () => {
  let folder: string;
  let lines: string[];
  const tighten = (env: Record<string, string> = {}): Config => {
    const { config } = loadConfig({ env: { DATA_DIR: folder, ...env }, folder });
    tightenModes(config, createLog('supervisor', 'info', { write: (line) => lines.push(line) }));
    return config;
  };
  const at = (...names: string[]) => join(folder, ...names);
  beforeEach(() => {
    lines = [];
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-modes-'));
    mkdirSync(at('sessions', 'session-default', 'Default'), { recursive: true });
    mkdirSync(at('spool', 'default'), { recursive: true });
    for (const name of ['gatehouse.db', 'gatehouse.db-wal', 'gatehouse.db-shm', 'gatehouse.db.2026.bak'])
      writeFileSync(at(name), '');
    writeFileSync(at('sessions', 'session-default', 'Default', 'Cookies'), '');
    writeFileSync(at('of-another.txt'), '');
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
      chmodSync(at(name), statSync(at(name)).isDirectory() ? 0o755 : 0o644);
    chmodSync(folder, 0o755);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('are closed, copies of the database too, and files of other programs are left', () => {
    tighten();
    assert.equal(modeOf(folder), '700');
    for (const name of ['gatehouse.db', 'gatehouse.db-wal', 'gatehouse.db-shm', 'gatehouse.db.2026.bak'])
      assert.equal(modeOf(at(name)), '600', name);
    assert.equal(modeOf(at('sessions', 'session-default', 'Default', 'Cookies')), '600');
    assert.equal(modeOf(at('spool', 'default')), '700');
    assert.equal(modeOf(at('of-another.txt')), '644');
    assert.match(lines.join(''), /other users could read \d+ files and folders/);
  });

  it('are closed where settings put them elsewhere, and the folder that holds them is not', () => {
    for (const name of ['store', 'logins']) mkdirSync(at(name));
    writeFileSync(at('store', 'gatehouse.db'), '');
    mkdirSync(at('logins', 'session-default'));
    for (const name of ['store', 'logins']) chmodSync(at(name), 0o755);
    chmodSync(at('store', 'gatehouse.db'), 0o644);
    chmodSync(at('logins', 'session-default'), 0o755);
    tighten({ DATA_DIR: at('data'), STORE_DIR: at('store'), SESSIONS_DIR: at('logins') });
    assert.deepEqual(
      ['store', 'store/gatehouse.db', 'logins', 'logins/session-default'].map((name) => modeOf(at(name))),
      ['755', '600', '755', '700'],
    );
  });

  it('are closed in a folder for all users, which itself stays open', () => {
    chmodSync(folder, 0o1777);
    tighten();
    assert.equal(modeOf(folder), '1777');
    assert.equal(modeOf(at('gatehouse.db')), '600');
  });

  it('are not reached through a link', () => {
    symlinkSync(at('of-another.txt'), at('spool', 'link'));
    symlinkSync('/nowhere', at('spool', 'dangling'));
    tighten();
    assert.equal(modeOf(at('of-another.txt')), '644');
  });

  it('are named by the doctor, the first of them, until the kit has closed them', async () => {
    const env = { DATA_DIR: folder };
    const before = await look(fileModes, { env });
    assert.equal(before.severity, 'warning');
    assert.match(textOf(before), /gatehouse\.db has mode 644, and belongs to uid \d+\n/);
    assert.match(textOf(before), /\n\d+ more\n.*\n.*chmod -R go-rwx/);
    tighten();
    assert.equal((await look(fileModes, { env })).severity, 'good');
  });

  it('are named with the remedy where they are another user’s', () => {
    if (process.getuid?.() !== 0) return sayNotTested('files of another user', 'this is not root');
    process.seteuid?.(NOBODY);
    try {
      tighten();
    } finally {
      process.seteuid?.(0);
    }
    assert.equal(modeOf(at('gatehouse.db')), '644');
    assert.match(
      lines.join(''),
      /"level":"warn".*this user cannot change that: .*gatehouse\.db \(mode 644, of uid 0: EPERM.*as root: chown -R 0? ?/,
    );
  });
});
