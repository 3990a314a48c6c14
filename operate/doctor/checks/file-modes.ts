import { profiles } from '#config';
import { type ReadableFile, readableFiles } from '../../../services/runtime/process/readable-files.ts';
import { type Check, type Finding, found, good } from '../check.ts';
import type { Context } from '../context.ts';

const SHOWN = 3;
const GROUP_BITS = 0o070;

/** Whether users of this machine other than the kit's own can read what the kit keeps. */
export const fileModes: Check = {
  id: 'file-modes',
  title: 'Files are private',
  group: 'Data',
  where: 'machine',
  finds:
    'messages, keys or the WhatsApp login that every user of the machine can read: an earlier release, a restored backup',
  run: ({ config }: Context) => {
    const files = [...readableFiles(config)];
    // A cluster gives a volume to the group of the pod, whose only member the kit is.
    const isShared = profiles[config.profile].spansHosts;
    return judgeModes(
      isShared ? files.filter(({ stats }) => (stats.mode & 0o077 & ~GROUP_BITS) !== 0) : files,
      config.dataDir,
    );
  },
};

export function judgeModes(files: readonly ReadableFile[], dataDir: string): Finding[] {
  if (files.length === 0) return good('no other user can read them');
  const shown = files
    .slice(0, SHOWN)
    .map(
      ({ path, stats: { mode, uid } }) =>
        `${path} has mode ${(mode & 0o7777).toString(8)}, and belongs to uid ${uid}`,
    );
  const more = files.length - shown.length;
  return [
    found(
      'warning',
      more > 0 ? [...shown, `${more} more`] : shown,
      'other users of this machine may read or change them: they hold messages, and the login of WhatsApp',
      `restart the kit, which sets the modes of what belongs to it; or: chmod -R go-rwx ${dataDir}`,
    ),
  ];
}
