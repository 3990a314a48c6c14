import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { lockProfile } from '../../../../services/bridge/session/profile-lock.ts';

describe('bridge, the lock of a profile', () => {
  let dir: string;
  let profileDir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'gatehouse-lock-'));
    profileDir = join(dir, 'sessions', 'session-test');
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('is held once, names its owner to the next, and is free after it', () => {
    const lock = lockProfile(profileDir);
    assert.throws(() => lockProfile(profileDir), {
      code: 'bridge_failed',
      message: new RegExp(`session-test is in use by process ${process.pid} on .*; stop that one first`),
    });
    lock.release();
    assert.ok(!existsSync(`${profileDir}.owner`));
    lockProfile(profileDir).release();
  });

  it('blames no other process for a folder in which nobody can lock, and says what to do', () => {
    const refusal = { code: 'bridge_failed', message: /cannot be locked: .*; let this user write to .*room/ };
    mkdirSync(`${profileDir}.lock`, { recursive: true });
    assert.throws(() => lockProfile(profileDir), refusal);
    rmdirSync(`${profileDir}.lock`);
  });

  it('takes the place of a lock file that an earlier release, or a power cut, has left', () => {
    mkdirSync(dirname(profileDir), { recursive: true });
    writeFileSync(`${profileDir}.lock`, 'this is no database, '.repeat(100));
    lockProfile(profileDir).release();
  });

  it('says so when the folder itself cannot be made', () => {
    writeFileSync(join(dir, 'sessions'), 'a file');
    assert.throws(() => lockProfile(profileDir), { code: 'bridge_failed', message: /cannot be locked: / });
  });

  it('does not keep the lock when its owner could not be written down', () => {
    mkdirSync(`${profileDir}.owner`, { recursive: true });
    assert.throws(() => lockProfile(profileDir), { code: 'bridge_failed', message: /cannot be locked: / });
    rmdirSync(`${profileDir}.owner`);
    lockProfile(profileDir).release();
  });
});
