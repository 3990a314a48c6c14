import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type ErrorCode, KitError } from '../../contract/errors.ts';
import type { Log } from '../log.ts';
import { emptyForeignLock, type ForeignLock, isForeignLockHeld, readForeignLock } from './foreign-lock.ts';

/** Source: sqlite.org/rescode.html. */
const SQLITE_BUSY = 5;
const SQLITE_NOTADB = 26;
/** Who only looks whether there is a lock has it for a moment. */
const LOOK_MS = 25;

export interface FileLock {
  /** The lock file of an earlier release, or a torn one, that stood in the way: nobody held it, and it was replaced. */
  readonly replaced?: ForeignLock;
  release(): void;
}

/** Another process has the lock. */
export class LockedError extends KitError {
  /** Who has it, in words. */
  readonly owner: string;

  constructor(code: ErrorCode, path: string, owner: string, options: ErrorOptions) {
    super(code, `${path} is in use by ${owner}; stop that one first`, options);
    this.owner = owner;
  }
}

/**
 * The sole right to `path`, a file or a folder. The lock is the kernel's, through SQLite (Node has no flock) on
 * `PATH.lock`: it holds between containers that share the volume, and ends with the process, however that ends. Throws
 * LockedError `code` that names the owner when another process has it; anything else is the error of the folder.
 */
export function lockFile(path: string, code: ErrorCode): FileLock {
  const ownerFile = ownerFileOf(path);
  let taken: { database: DatabaseSync; replaced?: ForeignLock };
  try {
    mkdirSync(dirname(path), { recursive: true });
    taken = takeOrReplace(path, code);
  } catch (cause) {
    if (hasErrcode(cause, SQLITE_BUSY)) throw new LockedError(code, path, describeOwner(path), { cause });
    throw cause;
  }
  const { database: held, ...rest } = taken;
  try {
    writeFileSync(
      ownerFile,
      JSON.stringify({ pid: process.pid, host: hostname(), since: new Date().toISOString() }),
    );
  } catch (cause) {
    held.close(); // or this very process would hold the lock, and refuse itself the next time
    throw cause;
  }
  locks.add(held);
  return {
    ...rest,
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

function takeOrReplace(path: string, code: ErrorCode): { database: DatabaseSync; replaced?: ForeignLock } {
  const file = `${path}.lock`;
  try {
    return { database: take(file) };
  } catch (cause) {
    if (!hasErrcode(cause, SQLITE_NOTADB)) throw cause;
    const foreign = readForeignLock(file);
    if (isForeignLockHeld(foreign))
      throw new LockedError(
        code,
        path,
        `process ${foreign.pid} of an earlier release (if that is no Gatehouse, remove ${file})`,
        { cause },
      );
    emptyForeignLock(file);
    return { database: take(file), replaced: foreign };
  }
}

function take(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: LOOK_MS });
  try {
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Logs that a lock file stood in the way and was replaced, where that is so. */
export function logReplaced({ replaced }: FileLock, path: string, log: Log): void {
  if (replaced === undefined) return;
  const named = replaced.pid === undefined ? 'no process' : `process ${replaced.pid}, which is gone`;
  log.warn(`${path}.lock was of an earlier release, or torn, and named ${named}: replaced`);
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
    if (hasErrcode(error, SQLITE_NOTADB))
      return isForeignLockHeld(readForeignLock(`${path}.lock`)) ? {} : undefined;
    if (!hasErrcode(error, SQLITE_BUSY)) throw error;
    const owner = readOwner(path);
    return owner === undefined ? {} : { owner };
  } finally {
    database.close();
  }
}

/** The low byte of SQLite's extended codes is the primary one. */
function hasErrcode(error: unknown, primary: number): boolean {
  if (!(error instanceof Error && 'errcode' in error && typeof error.errcode === 'number')) return false;
  return (error.errcode & 0xff) === primary;
}

/** Who has, or had, the lock on `path`, in words. */
function describeOwner(path: string): string {
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
