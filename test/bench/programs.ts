import { spawnSync } from 'node:child_process';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Part } from './parts.ts';

const SCRIPTS = fileURLToPath(new URL('../../scripts', import.meta.url));
/** Where Debian installs nginx; a plain user's PATH does not name them. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/**
 * Makes sure that all programs are there which these parts run: installs them with apt-get where it may, else prints
 * each missing one with the command that installs it and returns false.
 */
export function findPrograms(parts: readonly Part[]): boolean {
  process.env.PATH = [process.env.PATH ?? '', ...SYSTEM_FOLDERS].join(delimiter);
  const programs = new Set(parts.flatMap((part) => part.programs));
  const hasPrograms = runScript('find-tools.sh', ...programs);
  const hasBrowser = !parts.some(({ needsBrowser }) => needsBrowser) || runScript('find-browser.sh');
  return hasPrograms && hasBrowser;
}

function runScript(name: string, ...args: string[]): boolean {
  // What a script says goes to standard error: standard output is for figures.
  const { status } = spawnSync('sh', [`${SCRIPTS}/${name}`, ...args], { stdio: ['ignore', 2, 2] });
  return status === 0;
}
