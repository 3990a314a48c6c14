import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../../runtime/log.ts';

/** The files are small and in memory; after a kill the log should say why before anybody wonders. */
const LOOK_EVERY_MS = 2_000;
const MEGABYTE = 1024 ** 2;

/**
 * Says in the log when the kernel kills a process of this container, or unit, for want of memory: the service that
 * lost it, or the browser that lost a page, sees nothing but an end. Says nothing where the kernel keeps no such count.
 */
export function watchOutOfMemory(log: Log, places: MemoryPlaces = PLACES): Disposable {
  let known = countOomKills(places) ?? 0;
  const look = () => {
    const kills = countOomKills(places) ?? known;
    if (kills > known) log.error({ kills: kills - known }, describe(kills - known, readLimit(places)));
    known = kills;
  };
  const timer = setInterval(look, LOOK_EVERY_MS).unref();
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer);
      look();
    },
  };
}

/** Where Linux shows the control group of this process. */
export interface MemoryPlaces {
  readonly groups: string;
  readonly mount: string;
}

const PLACES: MemoryPlaces = { groups: '/proc/self/cgroup', mount: '/sys/fs/cgroup' };

function describe(kills: number, limitBytes: number | undefined): string {
  const what = kills === 1 ? 'a process' : `${kills} processes`;
  const limit = limitBytes === undefined ? '' : `, which may have ${Math.round(limitBytes / MEGABYTE)} MB`;
  return `out of memory: the kernel has killed ${what} of this container or unit${limit}; give it more (memoryMb in config/deployment.ts): a browser under load needs 768 MB`;
}

/** Processes killed so far; undefined where the kernel keeps no count. Source: Documentation/admin-guide/cgroup-v2.rst, memory.events; cgroup-v1/memory.rst, section 10. */
export function countOomKills(places: MemoryPlaces = PLACES): number | undefined {
  const text = readOfGroup(places, 'memory.events') ?? readOfGroup(places, 'memory.oom_control');
  const count = /^oom_kill (\d+)$/m.exec(text ?? '')?.[1];
  return count === undefined ? undefined : Number(count);
}

function readLimit(places: MemoryPlaces): number | undefined {
  const text = readOfGroup(places, 'memory.max') ?? readOfGroup(places, 'memory.limit_in_bytes');
  const bytes = Number(text ?? Number.NaN);
  // Version 1 has no word for `none`, only a number that no machine reaches.
  return Number.isFinite(bytes) && bytes < 2 ** 60 ? bytes : undefined;
}

/** In a container the group is often mounted as if it were the root; the path in /proc is then of no use. */
function readOfGroup({ groups, mount }: MemoryPlaces, file: string): string | undefined {
  const lines = readIfThere(groups)?.split('\n') ?? [];
  const isOld = file === 'memory.oom_control' || file === 'memory.limit_in_bytes';
  const line = lines.find((each) => (isOld ? /^\d+:([^:]*,)?memory(,[^:]*)?:/ : /^0::/).test(each));
  const folder = isOld ? join(mount, 'memory') : mount;
  const path = line?.split(':').slice(2).join(':') ?? '/';
  return readIfThere(join(folder, path, file)) ?? readIfThere(join(folder, file));
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // Another system, another version of control groups, or the root, which has no limit.
  }
}
