import { readdirSync, readFileSync } from 'node:fs';

/** A row of the system's process table. */
export interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Clock ticks since boot: with the pid it names a process for good, since pids are used again. */
  readonly startedAt: string;
  readonly isZombie: boolean;
}

/** One process, or undefined when it is gone or this system has no /proc. Source: proc(5), `/proc/PID/stat`. */
export function readProcess(pid: number): ProcessRow | undefined {
  const stat = readOrEmpty(`/proc/${pid}/stat`);
  // The second field is the program's name in brackets and may hold anything, so count from its last bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, parent, group, session, , , , , , , , , , , , , , , , startedAt] = fields;
  if (startedAt === undefined) return undefined;
  return {
    pid,
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    startedAt,
    isZombie: state === 'Z' || state === 'X',
  };
}

/**
 * Whether all threads of a process have ended, and so its ports and files are free, be it reaped or not. Source: proc(5),
 * `/proc/PID/task`.
 */
export function hasEnded(pid: number): boolean {
  if (readProcess(pid)?.isZombie === false) return false;
  try {
    return readdirSync(`/proc/${pid}/task`).length <= 1;
  } catch {
    return true; // Reaped.
  }
}

/** Every process of this system, zombies included; none when it has no /proc. */
export function listProcesses(): ProcessRow[] {
  return listPids().flatMap((pid) => readProcess(pid) ?? []);
}

/**
 * The processes whose environment holds `mark` (`NAME=value`), and all others of their sessions: a browser's children
 * hide their environment, but share its session. Never a process of our own session.
 */
export function findMarked(mark: string): number[] {
  const rows = listProcesses();
  const own = rows.find(({ pid }) => pid === process.pid)?.session;
  const sessions = new Set(rows.filter(({ pid }) => hasMark(pid, mark)).map(({ session }) => session));
  return rows
    .filter(({ session, isZombie }) => sessions.has(session) && session !== own && !isZombie)
    .map(({ pid }) => pid);
}

/** The arguments of a process, its program first; none when it is gone or a zombie. */
export function argumentsOf(pid: number): string[] {
  const text = readOrEmpty(`/proc/${pid}/cmdline`);
  return text === '' ? [] : text.split('\0');
}

/** The command line of a process, for a message. */
export function commandOf(pid: number): string {
  return argumentsOf(pid).join(' ').trim();
}

export function listPids(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return []; // No /proc on this system: process groups alone must do.
  }
}

/** Signals a process, or by a negative number a group, that may have ended meanwhile. Gives whether it was there. */
export function signalProcess(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EPERM') return true;
    return false;
  }
}

/** The variables that a process was started with; none when it is gone or another user's. */
export function environmentOf(pid: number): Record<string, string> {
  const pairs = readOrEmpty(`/proc/${pid}/environ`).split('\0');
  return Object.fromEntries(
    pairs.flatMap((pair) => {
      const at = pair.indexOf('=');
      return at > 0 ? [[pair.slice(0, at), pair.slice(at + 1)]] : [];
    }),
  );
}

function hasMark(pid: number, mark: string): boolean {
  return readOrEmpty(`/proc/${pid}/environ`).split('\0').includes(mark);
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // The process has ended, or is another user's.
  }
}
