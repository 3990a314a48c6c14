import { readFileSync, truncateSync } from 'node:fs';
import { commandOf, readProcess, signalProcess } from './process-table.ts';

/** A lock file that this release has not written: an earlier one wrote its process into it, or a power cut tore it. */
export interface ForeignLock {
  readonly pid?: number;
  /** As in the process table: with the pid it names a process for good. */
  readonly startedAt?: string;
  /** The run of the kit that wrote it. */
  readonly run?: string;
}

/** What stands in such a file: the JSON of an earlier supervisor, a bare pid, or nothing that names anybody. */
export function readForeignLock(lockFile: string): ForeignLock {
  const text = readFileSync(lockFile, 'utf8').trim();
  if (/^[1-9]\d{0,9}$/.test(text)) return { pid: Number(text) };
  try {
    const { pid, startedAt, run }: Record<string, unknown> = JSON.parse(text);
    return {
      ...(typeof pid === 'number' && Number.isSafeInteger(pid) && pid > 0 ? { pid } : {}),
      ...(typeof startedAt === 'string' && startedAt !== '' ? { startedAt } : {}),
      ...(typeof run === 'string' && run !== '' ? { run } : {}),
    };
  } catch {
    return {}; // Torn: nobody can hold it.
  }
}

/** Whether the process that it names still runs, and is one of the kit. */
export function isForeignLockHeld({ pid, startedAt }: ForeignLock): boolean {
  // The first process of a container has the same pid after each restart.
  if (pid === undefined || pid === process.pid || !signalProcess(pid, 0)) return false;
  const row = readProcess(pid);
  if (row?.isZombie === true) return false;
  if (row !== undefined && startedAt !== undefined && row.startedAt !== startedAt) return false;
  const command = commandOf(pid);
  // A system without /proc says nothing of it: it may be one.
  return command === '' || KIT_COMMAND.test(command);
}

/** Its command line tool or one of its services, wherever it is installed. */
const KIT_COMMAND = /(?:^|[\s/])gatehouse(?:\.js)?(?:\s|$)|services\/\w+\/main\.ts/;

/** Makes it the empty file that a lock of this release is. Two that do so at once do no harm: the lock is taken later. */
export function emptyForeignLock(lockFile: string): void {
  truncateSync(lockFile);
}
