import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { commandOf, listPids } from '../runtime/process-table.ts';

/** Who listens on a TCP port of this machine, as far as this user may know; undefined otherwise. Linux only. */
export function findPortOwner(port: number): { pid: number; command: string } | undefined {
  const inodes = new Set(
    ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listeningInodes(table, port)),
  );
  if (inodes.size === 0) return undefined;
  const pid = listPids().find((candidate) => socketInodes(candidate).some((inode) => inodes.has(inode)));
  return pid === undefined ? undefined : { pid, command: commandOf(pid).slice(0, 120) };
}

/** `local address:port` is hexadecimal in the second column, the state in the fourth (0A: listening), the inode in the tenth. */
function listeningInodes(table: string, port: number): string[] {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  return lines(table).flatMap((line) => {
    const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
    return state === '0A' && local.endsWith(`:${hexPort}`) && inode !== undefined ? [inode] : [];
  });
}

function lines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').slice(1);
  } catch {
    return []; // Not Linux.
  }
}

/** The sockets that a process holds, as far as this user may know. */
export function socketInodes(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap(
      (descriptor) => inodeOf(`/proc/${pid}/fd/${descriptor}`) ?? [],
    );
  } catch {
    return []; // Another user's process, or one that has ended.
  }
}

function inodeOf(link: string): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(link))?.[1];
  } catch {
    return undefined; // Closed meanwhile.
  }
}
