import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { control } from '#config';
import { errorText, KitError } from '../../contract/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { type FileLock, LockedError, lockFile, logReplaced } from '../../runtime/process/file-lock.ts';
import { findMarked, hasEnded, signalProcess } from '../../runtime/process/process-table.ts';
import { RUN_VARIABLE } from '../../runtime/process/run-marks.ts';

/** How long killed processes may take to be gone from the process table. */
const GONE_WITHIN_MS = 5_000;
/** Between two looks whether the other kit has ended: what the switch of a deploy takes longer. */
const LOOK_EVERY_MS = 20;

/**
 * Makes this process the only supervisor of a data folder, on this machine and in every container that shares the
 * volume, and ends what a killed one has left behind. Throws KitError `already_running` when another one lives, and
 * `data_dir_unusable`. Gives the way to release the lock.
 */
export async function lockInstance(dataDir: string, run: string, log: Log): Promise<() => void> {
  const path = join(dataDir, control.name);
  let lock: FileLock;
  try {
    lock = lockFile(path, 'already_running');
  } catch (error) {
    if (!(error instanceof LockedError)) throw unusable(dataDir, error);
    throw new KitError(
      'already_running',
      `the kit already runs on ${dataDir}, as ${error.owner}: stop it, or set another DATA_DIR and PORT`,
      { cause: error },
    );
  }
  const noted = `${path}.run`;
  try {
    logReplaced(lock, path, log);
    const earlier = readRun(noted) ?? lock.replaced?.run;
    if (earlier !== undefined) await endLeftovers(earlier, 'that an earlier run had left behind', log);
    writeFileSync(noted, JSON.stringify({ run }));
  } catch (error) {
    lock.release();
    throw unusable(dataDir, error);
  }
  return () => {
    rmSync(noted, { force: true });
    lock.release();
  };
}

/** The same, once the one that has the folder has ended; undefined when `signal` says that it is no longer wanted. */
export async function awaitInstance(
  dataDir: string,
  run: string,
  log: Log,
  signal: AbortSignal,
): Promise<(() => void) | undefined> {
  while (!signal.aborted) {
    const unlock = await lockInstance(dataDir, run, log).catch((error: unknown) => {
      if (error instanceof KitError && error.code === 'already_running') return undefined;
      throw error;
    });
    if (unlock !== undefined) return unlock;
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
  return undefined;
}

function unusable(dataDir: string, cause: unknown): KitError {
  const user = process.getuid?.() ?? '';
  return new KitError(
    'data_dir_unusable',
    `DATA_DIR ${dataDir} cannot be written (${errorText(cause)}): make it a folder with room that user ${user} may write, in a container a volume, or set another DATA_DIR`,
    { cause },
  );
}

/**
 * Kills every process that carries a run's mark, and waits until they have ended: one that is about to has its mark no
 * more, but still its ports. Gives how many there were.
 */
export async function endLeftovers(run: string, which: string, log: Log): Promise<number> {
  const found = new Set<number>();
  const until = Date.now() + GONE_WITHIN_MS;
  for (;;) {
    for (const pid of findMarked(`${RUN_VARIABLE}=${run}`)) {
      found.add(pid);
      signalProcess(pid, 'SIGKILL');
    }
    if ([...found].every(hasEnded) || Date.now() > until) break;
    await sleep(20);
  }
  if (found.size > 0) log.warn({ processes: [...found] }, `ended ${found.size} processes ${which}`);
  return found.size;
}

function readRun(path: string): string | undefined {
  try {
    const { run }: Record<string, unknown> = JSON.parse(readFileSync(path, 'utf8'));
    return typeof run === 'string' && run !== '' ? run : undefined;
  } catch {
    return undefined; // Gone, or torn by a power cut: a start of the machine leaves no process behind.
  }
}
