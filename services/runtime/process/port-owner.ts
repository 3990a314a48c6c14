import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { commandOf, listPids } from './process-table.ts';

/** A TCP socket that listens; all that hold it have its inode. */
export interface ListeningSocket {
  readonly address: string;
  readonly port: number;
  readonly inode: string;
}

/** Who listens on a TCP port of this machine, as far as this user may know; undefined otherwise. Linux only. */
export function findPortOwner(port: number): { pid: number; command: string } | undefined {
  const inodes = new Set(
    listeningSockets().flatMap((socket) => (socket.port === port ? [socket.inode] : [])),
  );
  if (inodes.size === 0) return undefined;
  const pid = listPids().find((candidate) => socketInodes(candidate).some((inode) => inodes.has(inode)));
  return pid === undefined ? undefined : { pid, command: commandOf(pid).slice(0, 120) };
}

/** Every process that holds a socket which listens on one of the ports, by port: workers share one. One look at them all. */
export function findPortOwners(ports: ReadonlySet<number>): Map<number, number[]> {
  const owners = new Map<number, number[]>();
  const portOf = new Map(
    listeningSockets().flatMap(({ port, inode }) => (ports.has(port) ? [[inode, port] as const] : [])),
  );
  if (portOf.size === 0) return owners;
  for (const pid of listPids()) {
    const held = new Set(socketInodes(pid).flatMap((inode) => portOf.get(inode) ?? []));
    for (const port of held) owners.set(port, [...(owners.get(port) ?? []), pid]);
  }
  return owners;
}

/** What listens in the network namespace of a process; of this one unless given. */
export function listeningSockets(pid: number | 'self' = 'self'): ListeningSocket[] {
  return ['tcp', 'tcp6'].flatMap((table) => lines(`/proc/${pid}/net/${table}`).flatMap(toListening));
}

/** `local address:port` is hexadecimal in the second column, the state in the fourth (0A: listening), the inode in the tenth. */
function toListening(line: string): ListeningSocket[] {
  const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
  if (state !== '0A' || inode === undefined) return [];
  const [address = '', port = ''] = local.split(':');
  return [{ address: toAddress(address), port: Number.parseInt(port, 16), inode }];
}

/** The kernel writes each 32-bit word as this machine keeps it: little-endian on all that the kit runs on. */
function toAddress(hex: string): string {
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => (word.match(/../g) ?? []).reverse());
  const isMapped = bytes.length === 16 && bytes.slice(0, 12).join('') === '00000000000000000000FFFF';
  if (bytes.length === 4 || isMapped)
    return bytes
      .slice(-4)
      .map((byte) => Number.parseInt(byte, 16))
      .join('.');
  const groups = bytes.join('').match(/.{4}/g) ?? [];
  const text = groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':');
  return text.replace(/^(?:0:){7}([01])$/, (_, last: string) => (last === '1' ? '::1' : '::'));
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
