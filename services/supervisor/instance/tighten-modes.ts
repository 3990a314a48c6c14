import { chmodSync } from 'node:fs';
import type { Config } from '#config';
import { errorText } from '../../contract/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { readableFiles } from '../../runtime/process/readable-files.ts';

/**
 * Takes from other users what they may do with the files of the kit, such as an earlier release has left. Call it before
 * the api opens the database: SQLite gives the files beside it the mode of the database. Logs what cannot be changed.
 */
export function tightenModes(config: Config, log: Log): void {
  const refused: string[] = [];
  let changed = 0;
  for (const { path, stats } of readableFiles(config)) {
    try {
      chmodSync(path, stats.mode & 0o700);
      changed += 1;
    } catch (error) {
      if (isGone(error)) continue;
      refused.push(`${path} (mode ${modeOf(stats)}, of uid ${stats.uid}: ${errorText(error)})`);
    }
  }
  if (changed > 0)
    log.info(`other users could read ${changed} files and folders of the kit: now they cannot`);
  const [first] = refused;
  if (first === undefined) return;
  const user = process.getuid?.() ?? '';
  log.warn(
    `other users may read ${refused.length} files and folders of the kit, and this user cannot change that: ${first}; as root: chown -R ${user} ${config.dataDir} && chmod -R go-rwx ${config.dataDir}`,
  );
}

function modeOf({ mode }: { readonly mode: number }): string {
  return (mode & 0o7777).toString(8);
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
