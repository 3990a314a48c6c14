import { type Dirent, lstatSync, readdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '#config';

/** What the kit keeps in its folders, by name. Other files there may be those of a user's own service. */
const OWN_NAMES =
  /^(?:gatehouse\..+|gate(?:-beside)?(?:\..+)?|supervisor\..+|internal-secret(?:\..+)?|boots\.json.*|sandbox|sessions|spool|media|rehearsal(?:-sandbox)?)$/;
const OWN_SESSIONS = /^(?:session-.+|quarantine)$/;
const OTHERS = 0o077;
const STICKY = 0o1000;

/** A file or folder of the kit, with what the system says of it. */
export interface ReadableFile {
  readonly path: string;
  readonly stats: Stats;
}

/**
 * Gives each file and folder of the kit that users other than its own may use in any way, a folder after what is in it.
 * `DATA_DIR` is among them, unless it is a folder for all users such as /tmp. Links are left out. Throws no error for
 * what is gone, or may not be read: another user's.
 */
export function* readableFiles({
  dataDir,
  store,
  session,
}: Pick<Config, 'dataDir' | 'store' | 'session'>): Generator<ReadableFile> {
  for (const folder of new Set([dataDir, store.folder])) yield* among(folder, OWN_NAMES);
  yield* among(session.folder, OWN_SESSIONS);
  const stats = look(dataDir);
  if (stats !== undefined && (stats.mode & STICKY) === 0) yield* judge(dataDir, stats);
}

function* among(folder: string, names: RegExp): Generator<ReadableFile> {
  for (const { name } of entriesOf(folder)) if (names.test(name)) yield* below(join(folder, name));
}

function* below(path: string): Generator<ReadableFile> {
  const stats = look(path);
  if (stats === undefined || stats.isSymbolicLink()) return;
  if (stats.isDirectory()) for (const { name } of entriesOf(path)) yield* below(join(path, name));
  yield* judge(path, stats);
}

function* judge(path: string, stats: Stats): Generator<ReadableFile> {
  if ((stats.mode & OTHERS) !== 0) yield { path, stats };
}

function look(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined; // Gone meanwhile.
  }
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return []; // Gone, no folder, or another user's.
  }
}
