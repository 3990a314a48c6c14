import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type ErrorCode, KitError } from '../../contract/errors.ts';

/** Source: sqlite.org/rescode.html. */
const SQLITE_BUSY = 5;
/** Who only looks whether there is a lock has it for a moment. */
const LOOK_MS = 25;

export interface FileLock {
  release(): void;
}

/**
 * The sole right to `path`, a file or a folder. The lock is the kernel's, through SQLite (Node has no flock) on
 * `PATH.lock`: it holds between containers that share the volume, and ends with the process, however that ends. Throws
 * KitError `code` that names the owner when another process has it; anything else is the error of the folder.
 */
export function lockFile(path: string, code: ErrorCode): FileLock {
  const ownerFile = ownerFileOf(path);
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true });
    database = new DatabaseSync(`${path}.lock`, { timeout: LOOK_MS });
    database.exec('BEGIN EXCLUSIVE');
    writeFileSync(
      ownerFile,
      JSON.stringify({ pid: process.pid, host: hostname(), since: new Date().toISOString() }),
    );
  } catch (cause) {
    database?.close(); // or this very process would hold the lock, and refuse itself the next time
    if (!isBusy(cause)) throw cause;
    throw new KitError(code, `${path} is in use by ${describeOwner(path)}; stop that one first`, { cause });
  }
  const held = database;
  locks.add(held);
  return {
    release() {
      try {
        rmSync(ownerFile, { force: true });
      } catch {
        return; // a disk that has become read-only: the name means nothing without the lock
      } finally {
        locks.delete(held);
        held.close();
      }
    },
  };
}

/** Those that this process has: what nobody holds on to any more is closed when memory is tidied up, and its lock with it. */
const locks = new Set<DatabaseSync>();

/** Who has the sole right to a file or folder. */
export interface LockHolder {
  /** Undefined while it has not written its name, or not well. */
  readonly owner?: { readonly pid: number; readonly host: string; readonly since: string };
}

/** Who has the lock of `path`, seen as a reader, for a moment; undefined when nobody has. Throws what is wrong with the file. */
export function findLockHolder(path: string): LockHolder | undefined {
  if (!existsSync(`${path}.lock`)) return undefined;
  const database = new DatabaseSync(`${path}.lock`, { readOnly: true });
  try {
    database.exec('SELECT count(*) FROM sqlite_master');
    return undefined;
  } catch (error) {
    if (!isBusy(error)) throw error;
    const owner = readOwner(path);
    return owner === undefined ? {} : { owner };
  } finally {
    database.close();
  }
}

/** Whether another connection holds the lock. The low byte of SQLite's extended codes is the primary one. */
function isBusy(error: unknown): boolean {
  if (!(error instanceof Error && 'errcode' in error && typeof error.errcode === 'number')) return false;
  return (error.errcode & 0xff) === SQLITE_BUSY;
}

/** Who has, or had, the lock on `path`, in words. */
export function describeOwner(path: string): string {
  const owner = readOwner(path);
  return owner === undefined
    ? 'another process'
    : `process ${owner.pid} on ${owner.host} since ${owner.since}`;
}

/** Who last took the lock on `path`. Parsed by hand: the supervisor starts without a parser. */
export function readOwner(path: string): LockHolder['owner'] {
  try {
    const { pid, host, since }: Record<string, unknown> = JSON.parse(readFileSync(ownerFileOf(path), 'utf8'));
    const isWhole = typeof pid === 'number' && typeof host === 'string' && typeof since === 'string';
    return isWhole ? { pid, host, since } : undefined;
  } catch {
    return undefined; // It has the lock, and has not written its name yet.
  }
}

function ownerFileOf(path: string): string {
  return `${path}.owner`;
}
