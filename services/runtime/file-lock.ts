import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { type ErrorCode, KitError } from '../contract/errors.ts';

/** Source: sqlite.org/rescode.html. */
const SQLITE_BUSY = 5;

const ownerSchema = z.object({ pid: z.number(), host: z.string(), since: z.string() });

export interface FileLock {
  release(): void;
}

/**
 * The sole right to `path`, a file or a folder. The lock is the kernel's, through SQLite (Node has no flock) on
 * `PATH.lock`: it holds between containers that share the volume, and ends with the process, however that ends. Throws
 * KitError `code` that names the owner when another process has it; anything else is the error of the folder.
 */
export function lockFile(path: string, code: ErrorCode): FileLock {
  const ownerFile = `${path}.owner`;
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true });
    database = new DatabaseSync(`${path}.lock`);
    database.exec('BEGIN EXCLUSIVE');
    writeFileSync(
      ownerFile,
      JSON.stringify({ pid: process.pid, host: hostname(), since: new Date().toISOString() }),
    );
  } catch (cause) {
    database?.close(); // or this very process would hold the lock, and refuse itself the next time
    if (!isBusy(cause)) throw cause;
    throw new KitError(code, `${path} is in use by ${readOwner(ownerFile)}; stop that one first`, { cause });
  }
  const held = database;
  return {
    release() {
      try {
        rmSync(ownerFile, { force: true });
      } catch {
        return; // a disk that has become read-only: the name means nothing without the lock
      } finally {
        held.close();
      }
    },
  };
}

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
    const owner = parseOwner(`${path}.owner`);
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

function readOwner(ownerFile: string): string {
  const owner = parseOwner(ownerFile);
  return owner === undefined
    ? 'another process'
    : `process ${owner.pid} on ${owner.host} since ${owner.since}`;
}

function parseOwner(ownerFile: string): LockHolder['owner'] {
  try {
    return ownerSchema.parse(JSON.parse(readFileSync(ownerFile, 'utf8')));
  } catch {
    return undefined; // it has the lock, and has not written its name yet
  }
}
