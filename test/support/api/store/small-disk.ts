import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether disks can be made here, which only root may. */
export const mayMount = process.getuid?.() === 0;

const mounted = new Set<string>();
process.on('exit', () => {
  for (const folder of mounted) execFileSync('umount', ['-l', folder]);
});

/** A disk of its own, in memory, which can be filled up, freed and made read-only. */
export class SmallDisk implements Disposable {
  readonly folder: string;
  readonly #ballast: string;

  constructor(kibibytes: number) {
    this.folder = mkdtempSync(join(tmpdir(), 'gatehouse-disk-'));
    this.#ballast = join(this.folder, 'ballast');
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kibibytes}k`, 'tmpfs', this.folder]);
    mounted.add(this.folder);
  }

  /** Takes so much, or all that is left. */
  fill(kibibytes?: number): void {
    const block = Buffer.alloc((kibibytes ?? 64 * 1024) * 1024);
    try {
      writeFileSync(this.#ballast, block);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    }
  }

  free(): void {
    rmSync(this.#ballast);
  }

  /** Only while nothing on it is open for writing. */
  setReadOnly(isReadOnly: boolean): void {
    execFileSync('mount', ['-o', `remount,${isReadOnly ? 'ro' : 'rw'}`, this.folder]);
  }

  [Symbol.dispose](): void {
    execFileSync('umount', ['-l', this.folder]);
    mounted.delete(this.folder);
    rmSync(this.folder, { recursive: true });
  }
}

/** Says aloud that these tests cannot run here; CI must be able to. */
export function sayThatOnlyRootMay(): void {
  it('is not tested here: only root may make a small disk', () => {
    if (process.env.CI !== undefined) throw new Error('CI must run these tests as root');
    process.stderr.write('    NOT TESTED, since not root: a disk that is full or read-only\n');
  });
}
