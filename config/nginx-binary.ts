import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { inheritedEnvironment } from './environment.ts';

/** Folders that are often not on the PATH of a plain user. */
const FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/local/nginx/sbin', '/opt/homebrew/bin'];

/** The nginx to run: the one configured, else one on the PATH or where systems put it; undefined when there is none. */
export function findNginx(configured: string, path = inheritedEnvironment().PATH ?? ''): string | undefined {
  if (configured !== '') return isExecutable(configured) ? configured : undefined;
  return [...path.split(delimiter), ...FOLDERS].map((folder) => join(folder, 'nginx')).find(isExecutable);
}

/** The program of this name on a PATH; undefined when there is none. */
export function findProgram(name: string, path: string): string | undefined {
  return path
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
