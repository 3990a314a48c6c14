import { mkdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { errorText, KitError } from '../contract/errors.ts';
import { browsersOf, killBrowserTree } from './browser-processes.ts';

const SINGLETON_LINKS = ['SingletonLock', 'SingletonCookie', 'SingletonSocket'];
const SOCKET_LIMIT_MS = 1_000;
/** Source: sqlite.org/rescode.html. */
const SQLITE_BUSY = 5;

const ownerSchema = z.object({ pid: z.number(), host: z.string(), since: z.string() });

export interface ProfileLock {
  release(): void;
}

/**
 * The sole right to the profile. The lock is the kernel's, through SQLite (Node has no flock): it holds between
 * containers that share the volume, and ends with the process, however that ends. Throws `bridge_failed`: naming the
 * owner when another process has it, and what is wrong with the folder when nobody can lock there.
 */
export function lockProfile(profileDir: string): ProfileLock {
  const ownerFile = `${profileDir}.owner`;
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(profileDir), { recursive: true });
    database = new DatabaseSync(`${profileDir}.lock`);
    database.exec('BEGIN EXCLUSIVE');
    writeFileSync(
      ownerFile,
      JSON.stringify({ pid: process.pid, host: hostname(), since: new Date().toISOString() }),
    );
  } catch (cause) {
    database?.close(); // or this very process would hold the lock, and refuse itself the next time
    throw new KitError('bridge_failed', whyNotLocked(profileDir, ownerFile, cause), { cause });
  }
  const held = database;
  return {
    release() {
      rmSync(ownerFile, { force: true });
      held.close();
    },
  };
}

/**
 * Makes the profile free for a browser of ours, once `lockProfile` has told that no other bridge lives on it: kills an
 * orphaned browser, and removes the links that a browser of another host has left (after a container was replaced).
 * Returns what was done, for the log. Throws `bridge_failed` when a browser elsewhere answers. The links
 * (`SingletonLock` → `HOST-PID`) are Chromium's, which refuses to start on those of another host.
 */
export async function freeProfile(profileDir: string): Promise<string | undefined> {
  const orphans = browsersOf(profileDir);
  if (orphans.length > 0) {
    await killBrowserTree(profileDir);
    return `killed the orphaned browser ${orphans.join(', ')}`;
  }
  const owner = readLink(join(profileDir, 'SingletonLock'));
  // Chromium itself takes over from a dead process of the same host.
  if (owner === undefined || owner.slice(0, owner.lastIndexOf('-')) === hostname()) return undefined;
  if (await socketAnswers(readLink(join(profileDir, 'SingletonSocket')))) {
    throw new KitError(
      'bridge_failed',
      `a browser of another host (${owner}) uses ${profileDir}; stop it first`,
    );
  }
  // Removed without a look whether they exist: they dangle, and existsSync follows them.
  for (const name of SINGLETON_LINKS) rmSync(join(profileDir, name), { force: true });
  return `removed the lock that ${owner} left`;
}

function whyNotLocked(profileDir: string, ownerFile: string, cause: unknown): string {
  if (isBusy(cause)) return `${profileDir} is in use by ${readOwner(ownerFile)}; stop that one first`;
  const folder = dirname(profileDir);
  return `${profileDir} cannot be locked: ${errorText(cause)}; let this user write to ${folder} and see that its disk has room, or set SESSIONS_DIR to another folder`;
}

/** Whether another connection holds the lock. The low byte of SQLite's extended codes is the primary one. */
function isBusy(error: unknown): boolean {
  if (!(error instanceof Error && 'errcode' in error && typeof error.errcode === 'number')) return false;
  return (error.errcode & 0xff) === SQLITE_BUSY;
}

function readOwner(ownerFile: string): string {
  try {
    const owner = ownerSchema.parse(JSON.parse(readFileSync(ownerFile, 'utf8')));
    return `process ${owner.pid} on ${owner.host} since ${owner.since}`;
  } catch {
    return 'another process'; // it has the lock, and has not written its name yet
  }
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function socketAnswers(path: string | undefined): Promise<boolean> {
  if (path === undefined) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = connect(path);
    const answer = (answers: boolean) => {
      socket.destroy();
      resolve(answers);
    };
    socket.setTimeout(SOCKET_LIMIT_MS, () => answer(true));
    socket.on('connect', () => answer(true));
    socket.on('error', () => answer(false));
  });
}
