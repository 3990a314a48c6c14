import { commandOf } from '../../../services/runtime/process/process-table.ts';

/** Whether a process is the first one of a browser: the others of a browser have a type. */
export function isBrowser(pid: number): boolean {
  return /--user-data-dir=/.test(commandOf(pid)) && !/--type=/.test(commandOf(pid));
}
