import { mkdir, statfs } from 'node:fs/promises';
import { KitError } from '../../contract/errors.ts';

/** Chromium writes about as much when it starts; with less it hangs, or loses the login. */
const LEAST_FREE_BYTES = 50 * 1024 ** 2;

/** Throws `bridge_failed` when the disk of the folder has too little room for a browser: it would not say so itself. */
export async function requireRoom(folder: string): Promise<void> {
  // On a disk without a byte even the folder itself may not be there.
  const isThere = await mkdir(folder, { recursive: true }).then(
    () => true,
    () => false,
  );
  if (!isThere) return; // What is wrong with it is told by who needs it.
  const { bavail, bsize } = await statfs(folder);
  const freeBytes = bavail * bsize;
  if (freeBytes >= LEAST_FREE_BYTES) return;
  throw new KitError(
    'bridge_failed',
    `the disk of ${folder} has ${freeBytes} bytes free, and a browser needs at least ${LEAST_FREE_BYTES}; free some, or set SESSIONS_DIR to another disk`,
  );
}
