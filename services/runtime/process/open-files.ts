import { readFileSync } from 'node:fs';

/** Files that a process needs beside its connections: code, logs, timers, pipes. */
const OWN_FILES = 64;
const FILES_PER_CONNECTION = 2;

/** Most open files of this process. Node raises its soft limit to the hard one at the start. Undefined where it is unknown. */
export function openFilesLimit(): number | undefined {
  try {
    const soft = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return soft === undefined || soft === 'unlimited' ? undefined : Number(soft);
  } catch {
    return undefined; // Not Linux.
  }
}

/** So many client connections fit into the limit of open files, if each has one to a service as well. */
export function connectionsWithin(files: number): number {
  return Math.max(1, Math.floor((files - OWN_FILES) / FILES_PER_CONNECTION));
}
