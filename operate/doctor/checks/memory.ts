import { readFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { type Check, type Finding, found, good } from '../check.ts';
import { belongsHere, type Context } from '../context.ts';
import { formatMegabytes } from '../format-units.ts';
import { processesOf } from '../kit-processes.ts';

/** What of memory control applies to a process. */
export interface MemoryFacts {
  /** The narrowest limit; undefined when there is none. */
  readonly limitBytes: number | undefined;
  readonly machineBytes: number;
  /** Processes that the kernel has killed there for want of memory, since the group was made. */
  readonly killed: number;
  readonly hasBrowser: boolean;
}

/** With a browser; for gate and api alone a third will do. */
const NEEDED_BYTES = 768 * 1024 ** 2;
const NEEDED_WITHOUT_BROWSER_BYTES = 256 * 1024 ** 2;

/** Whether memory is enough, and whether it was. */
export const memory: Check = {
  id: 'memory',
  title: 'Memory',
  group: 'Machine',
  where: 'machine',
  finds: 'exit code 137, a browser that vanishes, a kit that restarts under load: killed for memory',
  run: async (context: Context) => {
    const { kit, sources } = context;
    const [bridge] = processesOf(kit.services, 'whatsapp-session');
    const pid = bridge?.pid ?? kit.services[0]?.pid ?? 'self';
    const groups = groupFolders(
      await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => ''),
      sources.cgroupDir,
    );
    return judgeMemory({
      ...(await readGroups(groups)),
      machineBytes: totalmem(),
      hasBrowser: belongsHere(context, 'whatsapp-session'),
    });
  },
};

/** The folders of a process's memory group and of those around it, for both versions of cgroups. Source: cgroups(7). */
export function groupFolders(cgroupFile: string, root: string): string[] {
  const paths = cgroupFile.split('\n').flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (path === undefined) return [];
    if (controllers === '') return [[root, path] as const];
    return controllers?.split(',').includes('memory') ? [[join(root, 'memory'), path] as const] : [];
  });
  const folders = paths.flatMap(([base, path]) => {
    const above: string[] = [];
    for (let at = path; at !== '/' && at !== '.'; at = dirname(at)) above.push(join(base, at));
    return [...above, base];
  });
  // In a container the path may be the host's, which is not there; its own group is then the root.
  return [...new Set([...folders, root, join(root, 'memory')])];
}

async function readGroups(folders: readonly string[]): Promise<Pick<MemoryFacts, 'limitBytes' | 'killed'>> {
  const read = (folder: string, name: string) => readFile(join(folder, name), 'utf8').catch(() => '');
  const groups = await Promise.all(
    folders.map(async (folder) => ({
      limit: (await read(folder, 'memory.max')) || (await read(folder, 'memory.limit_in_bytes')),
      events: (await read(folder, 'memory.events')) || (await read(folder, 'memory.oom_control')),
    })),
  );
  const limits = groups.flatMap(({ limit }) => {
    const bytes = /^\d+$/.test(limit.trim()) ? Number(limit) : 0;
    return bytes > 0 && bytes < Number.MAX_SAFE_INTEGER ? [bytes] : []; // Version 1 writes none as a huge number.
  });
  const [own] = groups.filter(({ events }) => events !== '');
  return {
    limitBytes: limits.length === 0 ? undefined : Math.min(...limits),
    killed: Number(/^oom_kill (\d+)$/m.exec(own?.events ?? '')?.[1] ?? 0),
  };
}

export function judgeMemory({ limitBytes, machineBytes, killed, hasBrowser }: MemoryFacts): Finding[] {
  const has = Math.min(limitBytes ?? machineBytes, machineBytes);
  const needed = hasBrowser ? NEEDED_BYTES : NEEDED_WITHOUT_BROWSER_BYTES;
  const evidence = `${formatMegabytes(has)} ${limitBytes !== undefined && limitBytes <= machineBytes ? 'by the limit of its control group' : 'in the whole machine, no limit below'}; needed are ${formatMegabytes(needed)}`;
  const remedy =
    'give it more memory (memoryMb in config/deployment.ts, then make render; docker: --memory=1g), or set DATABASE_URL and run the bridge elsewhere';
  const findings: Finding[] = [];
  if (killed > 0)
    findings.push(
      found(
        has < needed ? 'error' : 'warning',
        `the kernel has killed ${killed} ${killed === 1 ? 'process' : 'processes'} there for want of memory`,
        `something was killed for memory ${killed} ${killed === 1 ? 'time' : 'times'}: most often the browser`,
        remedy,
      ),
    );
  if (has < needed)
    findings.push(found('error', evidence, 'below that Chromium is killed under load', remedy));
  return findings.length > 0 ? findings : good(evidence);
}
