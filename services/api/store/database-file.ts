import { type BigIntStats, statSync } from 'node:fs';
import { KitError } from '../../contract/errors.ts';

/** By path: whether what made the database there unusable is still so, and what it was. */
const unusable = new Map<string, { isStill(): boolean; error: Error }>();

/** The file of a SQLite database while it is open: whether it is still there, and fit to be opened again. */
export class DatabaseFile {
  readonly #path: string;
  readonly #inode: bigint | undefined;

  /** Throws what made it unusable, until somebody has mended that. */
  static demandUsable(path: string): void {
    const known = unusable.get(path);
    if (known?.isStill()) throw known.error;
    unusable.delete(path);
  }

  constructor(path: string) {
    this.#path = path;
    this.#inode = statOf(path)?.ino;
  }

  /** Throws when another file, or none, is where the database was: what is written now nobody would find again. */
  check = (): void => {
    if (!this.#isInPlace())
      throw new KitError('storage_unavailable', 'the database was moved or removed while it was in use');
  };

  /**
   * To be called once it is closed. A damaged database is not opened again as it is: the next write may well succeed,
   * and hide the damage. Nor is one opened beside the log of another that was moved: SQLite would play it in.
   */
  closed(damage: Error | undefined): void {
    const path = this.#path;
    const log = `${path}-wal`;
    const [stamp, logStamp] = [stampOf(path), stampOf(log)];
    if (damage !== undefined) unusable.set(path, { isStill: () => stampOf(path) === stamp, error: damage });
    else if (!this.#isInPlace() && logStamp !== '')
      unusable.set(path, {
        isStill: () => stampOf(log) === logStamp && !this.#isInPlace(),
        error: new KitError(
          'storage_unavailable',
          'the database was moved or removed while it was in use: put it back, or move its -wal file to where it is now',
        ),
      });
  }

  #isInPlace(): boolean {
    return statOf(this.#path)?.ino === this.#inode;
  }
}

function stampOf(path: string): string {
  const stat = statOf(path);
  return stat === undefined ? '' : `${stat.ino} ${stat.size} ${stat.mtimeNs}`;
}

function statOf(path: string): BigIntStats | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false });
}
