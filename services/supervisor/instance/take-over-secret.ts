import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The secret of two kits on one data folder, of which one takes over from the other: the gate of the new one calls the
 * services of the old one until these have ended. The first kit makes it; only its user may read it, like all there.
 */
export function takeOverSecret(dataDir: string): string {
  mkdirSync(dataDir, { recursive: true });
  const path = join(dataDir, 'internal-secret');
  const made = randomBytes(32).toString('hex');
  const draft = `${path}.${process.pid}.${made.slice(0, 8)}`;
  // Linked, so that nobody can read half of it.
  writeFileSync(draft, made, { mode: 0o600 });
  try {
    linkSync(draft, path);
    return made;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    const kept = readFileSync(path, 'utf8');
    if (/^[0-9a-f]{64}$/.test(kept)) return kept;
    rmSync(path); // Torn by a power cut.
    return takeOverSecret(dataDir);
  } finally {
    rmSync(draft, { force: true });
  }
}
