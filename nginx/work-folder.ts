import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, tmpdir, userInfo } from 'node:os';
import { basename, join } from 'node:path';
import { listPids, signalProcess } from '../services/runtime/process/process-table.ts';
import { programEnvironment } from '../services/runtime/process/program-environment.ts';

/** The facts of the machine that the configuration needs. */
export interface NginxRuntime {
  /** A folder of this gate alone, short enough for a Unix socket in it. */
  readonly folder: string;
  /** For bodies that do not fit into memory: not on the volume of the store, which they would fill. */
  readonly spool: string;
  readonly workers: number;
  /** The hard limit of open files. */
  readonly maxFiles: number;
  /** The user of the workers when the master is root; undefined when it is not. */
  readonly user: string | undefined;
}

/** The path of a Unix socket has 108 bytes, the last of them zero. Source: unix(7). */
const LONGEST_FOLDER = 90;
const MOST_WORKERS = 4;
const SPOOL_NAME = 'gatehouse-bodies-';
const SPOOL_NOTE = 'spool-folder';

/** Makes an empty folder with a named pipe for the access log, after it has ended processes left from an earlier nginx. */
export function prepareRuntime(
  wanted: string,
  workers = Math.min(MOST_WORKERS, availableParallelism()),
): NginxRuntime {
  const folder = wanted.length <= LONGEST_FOLDER ? wanted : mkdtempSync(join(tmpdir(), 'gatehouse-gate-'));
  endLeftovers(folder);
  removeSpool(folder);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o700);
  execFileSync('mkfifo', ['-m', '600', join(folder, 'access')], { env: programEnvironment() });
  return {
    folder,
    spool: makeSpool(folder),
    workers,
    maxFiles: hardLimitOfFiles(),
    user: process.getuid?.() === 0 ? userInfo().username : undefined,
  };
}

/** A folder that only this user can read, whose name a file in the work folder keeps for the removal. */
function makeSpool(folder: string): string {
  const spool = mkdtempSync(join(tmpdir(), SPOOL_NAME));
  writeFileSync(join(folder, SPOOL_NOTE), spool, { mode: 0o600 });
  if (spools.size === 0) process.once('exit', removeSpools);
  spools.add(spool);
  return spool;
}

/** Of this process. However it ends by itself, they go with it; the note is for a process that is killed. */
const spools = new Set<string>();

function removeSpools(): void {
  for (const spool of spools) rmSync(spool, { recursive: true, force: true });
}

/** Removes the spool of an nginx that has ended, in order or not. */
export function removeSpool(folder: string): void {
  const note = join(folder, SPOOL_NOTE);
  if (!existsSync(note)) return;
  const spool = readFileSync(note, 'utf8');
  if (basename(spool).startsWith(SPOOL_NAME)) rmSync(spool, { recursive: true, force: true });
}

/** Kills what still writes to the log of this folder: the workers of an nginx whose master was killed. Linux only. */
export function endLeftovers(folder: string): void {
  for (const pid of listPids())
    if (pid !== process.pid && holds(pid, join(folder, 'access'))) signalProcess(pid, 'SIGKILL');
}

function holds(pid: number, path: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((name) =>
      readlinkSync(`/proc/${pid}/fd/${name}`).startsWith(path),
    );
  } catch {
    return false; // Another user's process, or one that has ended.
  }
}

function hardLimitOfFiles(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(limits)?.[1];
    return hard === undefined || hard === 'unlimited' ? 65_536 : Number(hard);
  } catch {
    return 4_096; // Not Linux.
  }
}
