import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type ErrorCode, KitError } from '../contract/errors.ts';

/** Source: sqlite.org/rescode.html. */
const SQLITE_BUSY = 5;

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
    database = new DatabaseSync(`${path}.lock`);
    database.exec('BEGIN EXCLUSIVE');
    writeFileSync(
      ownerFile,
      JSON.stringify({ pid: process.pid, host: hostname(), since: new Date().toISOString() }),
    );
  } catch (cause) {
    database?.close(); // or this very process would hold the lock, and refuse itself the next time
    if (!isBusy(cause)) throw cause;
    throw new KitError(code, `${path} is in use by ${lockOwner(path)}; stop that one first`, { cause });
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

/** Whether another connection holds the lock. The low byte of SQLite's extended codes is the primary one. */
function isBusy(error: unknown): boolean {
  if (!(error instanceof Error && 'errcode' in error && typeof error.errcode === 'number')) return false;
  return (error.errcode & 0xff) === SQLITE_BUSY;
}

/** Who has the lock on `path`, in words; the supervisor parses it by hand, to start without a parser. */
export function lockOwner(path: string): string {
  try {
    const { pid, host, since }: Record<string, unknown> = JSON.parse(readFileSync(ownerFileOf(path), 'utf8'));
    if (typeof pid === 'number' && typeof host === 'string' && typeof since === 'string')
      return `process ${pid} on ${host} since ${since}`;
  } catch {
    // It has the lock, and has not written its name yet.
  }
  return 'another process';
}

function ownerFileOf(path: string): string {
  return `${path}.owner`;
}
