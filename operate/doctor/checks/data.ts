import { open, stat, statfs, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { profiles } from '#config';
import { errorText } from '../../../services/contract/errors.ts';
import { type BootHistory, readBootHistory, recordBoot } from '../boot-history.ts';
import { type Check, type Finding, found, good } from '../check.ts';
import { type Context, isDeployed, platformName } from '../context.ts';
import { formatMegabytes } from '../format-units.ts';
import { type Mount, mountOf } from '../mounts.ts';

/** Whether the kit can keep anything at all. */
export const dataFolder: Check = {
  id: 'data-folder',
  title: 'Data folder',
  group: 'Data',
  where: 'machine',
  finds: 'exit code 69, "DATA_DIR … cannot be written": no volume, another user\'s, read-only',
  run: async ({ config }: Context) => {
    const failure = await tryWrite(config.dataDir);
    if (failure === undefined) return good('can be written');
    return judgeUnwritable(failure, await ownerOf(config.dataDir), process.getuid?.());
  },
};

/** Undefined when it can be written. A folder that is not there yet counts by the one in which it would be made. */
async function tryWrite(folder: string): Promise<string | undefined> {
  const existing = await firstExisting(folder);
  const path = join(existing, `.doctor-${process.pid}`);
  try {
    const file = await open(path, 'w');
    try {
      await file.write('x');
      await file.sync();
    } finally {
      await file.close();
      await unlink(path);
    }
    return undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : errorText(error);
  }
}

async function firstExisting(folder: string): Promise<string> {
  const isThere = await stat(folder).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );
  return isThere || dirname(folder) === folder ? folder : firstExisting(dirname(folder));
}

async function ownerOf(folder: string): Promise<number | undefined> {
  return stat(await firstExisting(folder)).then(
    ({ uid }) => uid,
    () => undefined,
  );
}

export function judgeUnwritable(
  code: string,
  ownerUid: number | undefined,
  uid: number | undefined,
): Finding[] {
  const evidence = `DATA_DIR cannot be written: ${code}; its owner is uid ${ownerUid ?? 'unknown'}, this is uid ${uid ?? 'unknown'}`;
  const [cause, remedy] =
    code === 'EROFS'
      ? [
          'its disk is read-only',
          'mount a volume there that may be written (docker: -v gatehouse:/data), or set DATA_DIR to one',
        ]
      : code === 'ENOSPC' || code === 'EDQUOT'
        ? ['its disk is full', 'free or enlarge the volume']
        : code === 'ENOTDIR'
          ? ['a part of its path is a file', 'set DATA_DIR to a folder']
          : ownerUid !== undefined && ownerUid !== uid
            ? [
                "the folder is another user's: a volume that root owns, say",
                `chown -R ${uid ?? 'USER'} the volume once (Railway: RAILWAY_RUN_UID=0), or run the kit as uid ${ownerUid}`,
              ]
            : ['this user may not write there', 'chmod u+rwx the folder, or set DATA_DIR to another'];
  return [found('error', evidence, cause, remedy)];
}

/** Chromium writes about as much when it starts; with less the bridge does not start one. */
const LEAST_FREE_BYTES = 50 * 1024 ** 2;
const LITTLE_FREE_BYTES = 500 * 1024 ** 2;
const LITTLE_FREE_SHARE = 0.05;

/** How much room the disk of DATA_DIR has. */
export const diskRoom: Check = {
  id: 'disk-room',
  title: 'Disk room',
  group: 'Data',
  where: 'machine',
  finds: '507 "Disk full"; a login that is lost; a browser that hangs',
  run: async ({ config }: Context) => {
    const { bavail, blocks, bsize, ffree, files } = await statfs(await firstExisting(config.dataDir));
    return judgeRoom({
      freeBytes: bavail * bsize,
      totalBytes: blocks * bsize,
      freeFiles: files === 0 ? Number.POSITIVE_INFINITY : ffree,
    });
  },
};

export interface RoomFacts {
  readonly freeBytes: number;
  readonly totalBytes: number;
  readonly freeFiles: number;
}

export function judgeRoom({ freeBytes, totalBytes, freeFiles }: RoomFacts): Finding[] {
  const evidence = `${formatMegabytes(freeBytes)} of ${formatMegabytes(totalBytes)} are free`;
  const remedy = 'free or enlarge the volume; EVENTS_KEEP_DAYS and STORE_MAX_BYTES bound what the kit keeps';
  if (freeBytes < LEAST_FREE_BYTES)
    return [
      found(
        'error',
        evidence,
        'the bridge starts no browser below 50 MB, and sends are about to be refused with 507',
        remedy,
      ),
    ];
  if (freeFiles < 1_000)
    return [
      found(
        'error',
        `${freeFiles} files can still be made on the disk`,
        'it has no inodes left',
        'remove small files',
      ),
    ];
  // A large disk may be full to 95 % for ever.
  const isLittle = freeBytes < LITTLE_FREE_BYTES && freeBytes < totalBytes * 0.2;
  return isLittle || (freeBytes < totalBytes * LITTLE_FREE_SHARE && freeBytes < 10 * LITTLE_FREE_BYTES)
    ? [found('warning', evidence, 'the disk is nearly full', remedy)]
    : good(evidence);
}

/** Whether what is in DATA_DIR outlives the container. */
export const persistence: Check = {
  id: 'persistence',
  title: 'Data outlives a deploy',
  group: 'Data',
  where: 'machine',
  finds: 'the phone must be linked again after each deploy; messages that vanish: no volume at DATA_DIR',
  run: async (context: Context) => {
    const { dataDir, profile } = context.config;
    const mount = await mountOf(dataDir);
    if (mount === undefined) return [];
    const root = await mountOf('/');
    await recordBoot(dataDir);
    return judgePersistence({
      mount,
      boots: await readBootHistory(dataDir),
      isContainer: isDeployed(context) || ['overlay', 'aufs'].includes(root?.kind ?? ''),
      hasNoVolumes: profile === 'heroku' || profile === 'cloudrun',
      platform: platformName(context),
      isLocal: profile === 'local' || profiles[profile].spansHosts,
    });
  },
};

export interface PersistenceFacts {
  readonly mount: Mount;
  readonly boots: BootHistory;
  readonly isContainer: boolean;
  /** A platform on which only a mount of one's own survives, and mostly there is none. */
  readonly hasNoVolumes: boolean;
  readonly platform: string;
  readonly isLocal: boolean;
}

const IN_MEMORY = ['tmpfs', 'ramfs'];
const OF_A_CONTAINER = ['overlay', 'aufs', 'overlayfs'];
const OVER_A_NETWORK = /^(nfs|cifs|smb|9p|fuse\.|ceph|glusterfs|lustre|afs)/;

export function judgePersistence(facts: PersistenceFacts): Finding[] {
  const { mount, boots, isContainer, hasNoVolumes, platform } = facts;
  const isOwn = mount.point !== '/';
  const evidence = [
    `DATA_DIR lies on ${isOwn ? 'a mount of its own or above it' : 'the root of the machine'}, of type ${mount.kind}`,
    ...(boots.count > 1
      ? [`its marker has seen ${boots.count} containers or boots since ${boots.firstAt}`]
      : []),
  ];
  const remedy = hasNoVolumes
    ? 'this platform has no volume: set DATABASE_URL for messages and events, and expect to link the phone after each restart; or take a platform with volumes'
    : 'mount a volume at DATA_DIR (docker: -v gatehouse:/data; Railway, Render, Fly: a volume or disk at /data)';
  if (IN_MEMORY.includes(mount.kind))
    return [found('error', evidence, 'not persistent: it is memory, and gone with the next start', remedy)];
  if (OF_A_CONTAINER.includes(mount.kind) || (isContainer && !isOwn))
    return isContainer
      ? [
          found(
            'error',
            evidence,
            `not persistent: it is the container's own layer, and goes with the container (${platform})`,
            remedy,
          ),
        ]
      : [found('warning', evidence, 'it may be the layer of a container, which goes with it', remedy)];
  if (OVER_A_NETWORK.test(mount.kind))
    return [
      found(
        'warning',
        evidence,
        'a network file system: SQLite and the locks of the kit are safe only where its locks are',
        'put DATA_DIR on a disk of this machine, or set DATABASE_URL and keep SESSIONS_DIR local',
      ),
    ];
  return good(evidence.join('; '));
}
