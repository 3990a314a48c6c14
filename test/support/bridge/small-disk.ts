import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';

/** A disk of this size at a folder. Fails where this user may not: then `unshare --user --map-root-user --mount`. */
export function mountDisk(folder: string, size: string): void {
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'none', folder], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, `this test must be able to mount a small disk: ${stderr}`);
}

/** Also while something is open on it. */
export function unmountDisk(folder: string): void {
  spawnSync('umount', ['-l', folder]);
}

/** Writes until nothing more fits. */
export function fillDisk(folder: string): void {
  const { status } = spawnSync('dd', ['if=/dev/zero', `of=${join(folder, 'ballast')}`, 'bs=1k'], {
    stdio: 'ignore',
  });
  assert.notEqual(status, 0, 'the disk has no end');
}

export function freeDisk(folder: string): void {
  rmSync(join(folder, 'ballast'));
}
