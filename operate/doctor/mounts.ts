import { readFile } from 'node:fs/promises';

/** The mount on which a folder lies. */
export interface Mount {
  readonly point: string;
  /** `ext4`, `overlay`, `tmpfs`, `nfs4`, … */
  readonly kind: string;
  readonly isReadOnly: boolean;
}

/** The mount of a path, by the kernel's own list; undefined on a system without one. Source: proc(5), mountinfo. */
export async function mountOf(path: string): Promise<Mount | undefined> {
  try {
    return findMount(await readFile('/proc/self/mountinfo', 'utf8'), path);
  } catch {
    return undefined; // Not Linux.
  }
}

/** Of several mounts over each other the last counts. */
export function findMount(mountinfo: string, path: string): Mount | undefined {
  const mounts = mountinfo.split('\n').flatMap((line) => {
    const [, , , , point = '', options = ''] = line.split(' ');
    const [, kind = ''] = / - (\S+) /.exec(line) ?? [];
    return point === ''
      ? []
      : [{ point: unescapePath(point), kind, isReadOnly: options.split(',').includes('ro') }];
  });
  return mounts
    .filter(({ point }) => point === '/' || path === point || path.startsWith(`${point}/`))
    .reduce<Mount | undefined>(
      (best, mount) => (best === undefined || mount.point.length >= best.point.length ? mount : best),
      undefined,
    );
}

/** The kernel writes blanks and the like as `\040`. */
function unescapePath(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
