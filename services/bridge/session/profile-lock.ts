import { readlinkSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { errorText, KitError } from '../../contract/errors.ts';
import { type FileLock, lockFile } from '../../runtime/process/file-lock.ts';
import { browsersOf, killBrowserTree } from './browser-processes.ts';

const SINGLETON_LINKS = ['SingletonLock', 'SingletonCookie', 'SingletonSocket'];
const SOCKET_LIMIT_MS = 1_000;
/**
 * The sole right to the profile (`lockFile`). Throws `bridge_failed`: naming the owner when another process has it, and
 * what is wrong with the folder when nobody can lock there.
 */
export function lockProfile(profileDir: string): FileLock {
  try {
    return lockFile(profileDir, 'bridge_failed');
  } catch (cause) {
    if (cause instanceof KitError) throw cause;
    const folder = dirname(profileDir);
    throw new KitError(
      'bridge_failed',
      `${profileDir} cannot be locked: ${errorText(cause)}; let this user write to ${folder} and see that its disk has room, or set SESSIONS_DIR to another folder`,
      { cause },
    );
  }
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
