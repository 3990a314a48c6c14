import { spawnSync } from 'node:child_process';
import { chmodSync, closeSync, mkdirSync, openSync, rmSync, symlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Room for the store and the spool, and little more. */
const STORE_MB = 24;
const BLOCK = Buffer.alloc(65_536, 1);
const MOUNT_ELSEWHERE = 'unshare --user --map-root-user --mount make chaos SCENARIO=disk-full';

/** A disk of a few megabytes, which can be filled to the last byte and freed. Throws where this user may not mount. */
export class SmallDisk implements AsyncDisposable {
  readonly folder: string;

  constructor(folder: string, megabytes: number) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
    run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'gatehouse-chaos', folder]);
    chmodSync(folder, 0o755);
    process.on('exit', this.#unmount);
  }

  /**
   * Under the kit's store and spool. The phone's own journal and the browser's profile, which lie in the same folder of
   * the sandbox, are led elsewhere: it is the kit whose disk is full, not WhatsApp's.
   */
  static underStore(dataDir: string): SmallDisk {
    const disk = new SmallDisk(join(dataDir, 'sandbox'), STORE_MB);
    const elsewhere = join(dataDir, 'elsewhere');
    for (const name of ['sessions', 'media']) {
      mkdirSync(join(elsewhere, name), { recursive: true });
      symlinkSync(join(elsewhere, name), join(disk.folder, name));
    }
    symlinkSync(join(elsewhere, 'phone.jsonl'), join(disk.folder, 'phone.jsonl'));
    return disk;
  }

  /** Writes until nothing more fits. */
  fill(): void {
    const file = openSync(this.#ballast, 'a');
    try {
      for (let bytes = BLOCK.length; bytes >= 1; ) {
        try {
          if (writeSync(file, BLOCK, 0, bytes) < bytes) bytes = Math.floor(bytes / 2);
        } catch (error) {
          if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
          bytes = Math.floor(bytes / 2);
        }
      }
    } finally {
      closeSync(file);
    }
  }

  free(): void {
    rmSync(this.#ballast, { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off('exit', this.#unmount);
    this.#unmount();
  }

  #unmount = () => run('umount', ['-l', this.folder]);

  get #ballast(): string {
    return join(this.folder, 'ballast');
  }
}

function run(command: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status === 0) return;
  throw new Error(
    `${command} ${args.join(' ')} failed: ${stderr}; as another user than root: ${MOUNT_ELSEWHERE}`,
  );
}
