import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorText, KitError } from '../contract/errors.ts';
import type { Log } from '../runtime/log.ts';
import { findMarked, readProcess, signalProcess } from '../runtime/process-table.ts';

/** Names a run of the kit in the environment of all its processes. */
export const RUN_VARIABLE = 'GATEHOUSE_RUN';

/** How long killed processes may take to be gone from the process table. */
const GONE_WITHIN_MS = 5_000;

interface Holder {
  readonly pid: number;
  readonly startedAt: string;
  readonly run: string;
}

/**
 * Makes this process the only supervisor of a data folder on this machine, and ends what a killed one has left behind.
 * Throws KitError `already_running` when another one lives, and `data_dir_unusable`. Gives the way to release the lock.
 */
export async function lockInstance(dataDir: string, run: string, log: Log): Promise<() => void> {
  const path = join(dataDir, 'supervisor.lock');
  const self: Holder = { pid: process.pid, startedAt: readProcess(process.pid)?.startedAt ?? '', run };
  try {
    mkdirSync(dataDir, { recursive: true });
    if (!tryWrite(path, self)) await takeOver(path, self, dataDir, log);
  } catch (error) {
    throw error instanceof KitError ? error : unusable(dataDir, error);
  }
  return () => {
    if (readHolder(path)?.run === run) rmSync(path, { force: true });
  };
}

function unusable(dataDir: string, cause: unknown): KitError {
  const user = process.getuid?.() ?? '';
  return new KitError(
    'data_dir_unusable',
    `DATA_DIR ${dataDir} cannot be written (${errorText(cause)}): make it a folder with room that user ${user} may write, in a container a volume, or set another DATA_DIR`,
    { cause },
  );
}

/** One at a time: of two starts over the same stale lock only one may have it. */
async function takeOver(path: string, self: Holder, dataDir: string, log: Log): Promise<void> {
  const turn = `${path}.turn`;
  if (!tryWrite(turn, self)) {
    const other = readHolder(turn);
    if (other !== undefined && isAlive(other))
      throw new KitError(
        'already_running',
        `another start on ${dataDir} is under way, as process ${other.pid}`,
      );
    rmSync(turn, { force: true });
    if (!tryWrite(turn, self))
      throw new KitError('already_running', `another start on ${dataDir} is under way`);
  }
  try {
    const holder = readHolder(path);
    if (holder !== undefined && isAlive(holder)) {
      throw new KitError(
        'already_running',
        `the kit already runs on ${dataDir}, as process ${holder.pid}: stop it, or set another DATA_DIR and PORT`,
      );
    }
    if (holder !== undefined) await endLeftovers(holder.run, 'that an earlier run had left behind', log);
    rmSync(path, { force: true });
    if (!tryWrite(path, self))
      throw new KitError('already_running', `another start on ${dataDir} is under way`);
  } finally {
    rmSync(turn, { force: true });
  }
}

/** Kills every process that carries a run's mark, and waits until they are gone. Gives how many there were. */
export async function endLeftovers(run: string, which: string, log: Log): Promise<number> {
  const mark = `${RUN_VARIABLE}=${run}`;
  const found = findMarked(mark);
  const until = Date.now() + GONE_WITHIN_MS;
  for (let left = found; left.length > 0 && Date.now() < until; left = findMarked(mark)) {
    for (const pid of left) signalProcess(pid, 'SIGKILL');
    await sleep(20);
  }
  if (found.length > 0) log.warn({ processes: found }, `ended ${found.length} processes ${which}`);
  return found.length;
}

/** Appears whole or not at all: nobody can read half of it. */
function tryWrite(path: string, holder: Holder): boolean {
  const draft = `${path}.${holder.run}`;
  writeFileSync(draft, JSON.stringify(holder));
  try {
    if (!tryLink(draft, path)) writeFileSync(path, readFileSync(draft), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** False where the file system knows no links. */
function tryLink(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw error;
    return false;
  }
}

function readHolder(path: string): Holder | undefined {
  try {
    const { pid, startedAt, run }: Record<string, unknown> = JSON.parse(readFileSync(path, 'utf8'));
    return typeof pid === 'number' && typeof startedAt === 'string' && typeof run === 'string'
      ? { pid, startedAt, run }
      : undefined;
  } catch {
    return undefined; // Gone, or torn by a power cut: nobody can hold it.
  }
}

function isAlive({ pid, startedAt }: Holder): boolean {
  if (pid === process.pid) return false; // A container's first process has the same pid after each restart.
  const row = readProcess(pid);
  return row === undefined
    ? startedAt === '' && signalProcess(pid, 0)
    : row.startedAt === startedAt && !row.isZombie;
}
