import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const GONE_LIMIT_MS = 5_000;
const GONE_POLL_MS = 10;

interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly args: readonly string[];
}

/** The browsers of this machine that run on the profile: their main processes, by the exact argument. */
export function browsersOf(profileDir: string): number[] {
  return mainProcesses(profileDir, readProcesses());
}

/**
 * Every process of the browsers on the profile, with descendants and process groups; and what is left of the group of a
 * browser that has itself died. By its group, not its pid: that may be another's by now.
 */
export function browserTree(profileDir: string, browserPid?: number): number[] {
  const rows = readProcesses();
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
 * Kills all of them, which also ends a stopped (SIGSTOP) browser, and waits until they are gone.
 * Returns how many there were.
 */
export async function killBrowserTree(profileDir: string, browserPid?: number): Promise<number> {
  const victims = browserTree(profileDir, browserPid);
  for (const pid of victims) kill(pid);
  const giveUpAt = Date.now() + GONE_LIMIT_MS;
  while (victims.some(isAlive)) {
    if (Date.now() > giveUpAt)
      throw new Error(`browser processes ${victims.filter(isAlive)} survive SIGKILL`);
    await wait(GONE_POLL_MS);
  }
  return victims.length;
}

function mainProcesses(profileDir: string, rows: readonly ProcessRow[]): number[] {
  const argument = `--user-data-dir=${resolve(profileDir)}`;
  return rows
    .filter((row) => row.args.includes(argument) && !row.args.some((arg) => arg.startsWith('--type=')))
    .map((row) => row.pid);
}

function readProcesses(): ProcessRow[] {
  return readdirSync('/proc').flatMap((name) => {
    const row = /^\d+$/.test(name) ? readProcess(Number(name)) : undefined;
    return row === undefined ? [] : [row];
  });
}

/** One process; undefined when it is gone, or a zombie that only waits for its parent. Source: proc(5). */
function readProcess(pid: number): ProcessRow | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' || state === 'X') return undefined;
    const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return { pid, parent: Number(parent), group: Number(group), args };
  } catch {
    return undefined; // it ended while we looked
  }
}

function isAlive(pid: number): boolean {
  return readProcess(pid) !== undefined;
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
