import { resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import {
  argumentsOf,
  listProcesses,
  type ProcessRow,
  readProcess,
  signalProcess,
} from '../../runtime/process/process-table.ts';

const GONE_LIMIT_MS = 5_000;
const GONE_POLL_MS = 10;

/**
 * The browsers of this machine that run on the profile: their main processes, by the exact argument. None on a system
 * without /proc, which cannot be searched.
 */
export function browsersOf(profileDir: string): number[] {
  return mainProcesses(profileDir, livingProcesses(listProcesses));
}

/**
 * Every process of the browsers on the profile, with descendants and process groups; and what is left of the group of a
 * browser that has itself died. By its group, not its pid: that may be another's by now.
 */
export function browserTree(profileDir: string, browserPid?: number, list = listProcesses): number[] {
  const rows = livingProcesses(list);
  const mains = mainProcesses(profileDir, rows);
  const groups = new Set(browserPid === undefined ? mains : [...mains, browserPid]);
  const tree = new Set([...mains, ...rows.filter((row) => groups.has(row.group)).map((row) => row.pid)]);
  for (let before = -1; before !== tree.size; ) {
    before = tree.size;
    for (const row of rows) if (tree.has(row.parent)) tree.add(row.pid);
  }
  tree.delete(process.pid);
  return [...tree];
}

/**
 * Kills all of them, which also ends a stopped (SIGSTOP) browser, and waits until they are gone. On a system without
 * /proc (macOS) it kills the process group of the browser, which puppeteer starts as the leader of its own.
 */
export async function killBrowserTree(
  profileDir: string,
  browserPid?: number,
  list = listProcesses,
): Promise<void> {
  if (list().length > 0) return killAll(browserTree(profileDir, browserPid, list), isLiving);
  if (browserPid !== undefined) await killAll([-browserPid], (group) => signalProcess(group, 0));
}

async function killAll(victims: readonly number[], isThere: (victim: number) => boolean): Promise<void> {
  for (const victim of victims) signalProcess(victim, 'SIGKILL');
  const giveUpAt = performance.now() + GONE_LIMIT_MS;
  while (victims.some(isThere)) {
    if (performance.now() > giveUpAt)
      throw new Error(
        `browser processes ${victims.filter(isThere).join(', ')} survive SIGKILL for ${GONE_LIMIT_MS} ms`,
      );
    await wait(GONE_POLL_MS);
  }
}

/** Between fork and exec, a child has the arguments of its parent: only the parent is a main process. */
function mainProcesses(profileDir: string, rows: readonly ProcessRow[]): number[] {
  const argument = `--user-data-dir=${resolve(profileDir)}`;
  const found = rows.filter(({ pid }) => isMainProcess(argumentsOf(pid), argument));
  const pids = new Set(found.map(({ pid }) => pid));
  return found.filter(({ parent }) => !pids.has(parent)).map(({ pid }) => pid);
}

function isMainProcess(args: readonly string[], argument: string): boolean {
  return args.includes(argument) && !args.some((arg) => arg.startsWith('--type='));
}

/** Without zombies, which only wait for their parents. */
function livingProcesses(list: () => readonly ProcessRow[]): ProcessRow[] {
  return list().filter((row) => !row.isZombie);
}

function isLiving(pid: number): boolean {
  return readProcess(pid)?.isZombie === false;
}
