import { statfs } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isOn, serviceWithRole, topology, variablesFor } from '#config';
import { findLockHolder, type LockHolder } from '../../../services/runtime/process/file-lock.ts';
import { signalProcess } from '../../../services/runtime/process/process-table.ts';
import { type Check, type Finding, found, good } from '../check.ts';
import { belongsHere, type Context } from '../context.ts';
import { formatMegabytes } from '../format-units.ts';
import { processesOf } from '../kit-processes.ts';

/** Who has the browser profile, in which the WhatsApp login lies. */
export const profileLock: Check = {
  id: 'profile-lock',
  title: 'Browser profile',
  group: 'Browser',
  where: 'machine',
  finds: '"… is in use by process …": another bridge has the login',
  run: (context: Context) => {
    if (!context.kit.canSee || !belongsHere(context, 'whatsapp-session')) return [];
    const bridges = processesOf(context.kit.services, 'whatsapp-session');
    const holder = findLockHolder(join(sessionsDirOf(context), `session-${context.config.session.name}`));
    return judgeProfile(
      holder,
      bridges.map(({ pid }) => pid),
      {
        host: hostname(),
        lives: (pid) => signalProcess(pid, 0),
      },
    );
  },
};

/** The topology gives the bridge of a sandbox a folder of its own; a bridge that runs says which. */
function sessionsDirOf({ config, kit }: Context): string {
  const [bridge] = processesOf(kit.services, 'whatsapp-session');
  if (bridge?.config !== undefined) return bridge.config.session.folder;
  const { name } = serviceWithRole('whatsapp-session');
  const running = topology.filter((service) => isOn(service.name, config));
  return variablesFor(name, running, config.dataDir).SESSIONS_DIR ?? config.session.folder;
}

interface Here {
  readonly host: string;
  readonly lives: (pid: number) => boolean;
}

export function judgeProfile(
  holder: LockHolder | undefined,
  bridgePids: readonly number[],
  { host, lives }: Here,
): Finding[] {
  if (holder === undefined) return good(bridgePids.length === 0 ? 'free' : 'not in use at the moment');
  const { owner } = holder;
  if (owner !== undefined && owner.host === host && bridgePids.includes(owner.pid))
    return good(`in use by the bridge, pid ${owner.pid}`);
  const isHere = owner?.host === host && lives(owner.pid);
  const who =
    owner === undefined
      ? 'a process that has not written its name'
      : `process ${owner.pid} ${owner.host === host ? 'of this machine' : 'of another machine or container'} since ${owner.since}`;
  return [
    found(
      'error',
      `the profile is locked by ${who}`,
      isHere
        ? 'a bridge that does not belong to this kit has the login'
        : 'another container or machine has the login, on the same volume: two instances of one bridge',
      isHere
        ? `stop process ${owner.pid}, or give one of the two another SESSION_NAME or SESSIONS_DIR`
        : 'let only one instance run (no overlap in the deploy, one replica), or wait until the other has ended',
    ),
  ];
}

const LITTLE_SHM_BYTES = 64 * 1024 ** 2;

/** Chromium's shared memory: in a container 64 MB, unless somebody says otherwise. */
export const sharedMemory: Check = {
  id: 'shared-memory',
  title: 'Shared memory',
  group: 'Browser',
  where: 'machine',
  finds: 'pages that crash: /dev/shm is too small',
  run: async (context: Context) => {
    if (!belongsHere(context, 'whatsapp-session')) return [];
    const { sources } = context;
    const { blocks, bavail, bsize } = await statfs(sources.shmDir);
    return judgeShm(blocks * bsize, bavail * bsize);
  },
};

export function judgeShm(totalBytes: number, freeBytes: number): Finding[] {
  const evidence = `/dev/shm has ${formatMegabytes(totalBytes)}, ${formatMegabytes(freeBytes)} of them free`;
  if (totalBytes >= LITTLE_SHM_BYTES && freeBytes >= totalBytes / 10) return good(evidence);
  return [
    found(
      'warning',
      evidence,
      'Chromium keeps pictures of pages there, and a page crashes when it is full',
      'give the container more (docker: --shm-size=256m, compose: shm_size: 256m), or remove what fills it',
    ),
  ];
}
