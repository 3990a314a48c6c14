import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

/** How many containers or boots of the machine the data folder has outlived. */
export interface BootHistory {
  readonly count: number;
  readonly firstAt: string;
}

const markerSchema = z.object({ firstAt: z.string(), seen: z.array(z.string()) });
type Marker = z.infer<typeof markerSchema>;

const FILE = 'boots.json';
const MOST_KEPT = 20;

/**
 * Leaves a mark of this container and this boot in the data folder: one that a later container finds is the proof that
 * the folder outlives them. Does nothing where the folder is not there, cannot be written, or is another user's, since
 * the kit could then not write the mark itself.
 */
export async function recordBoot(dataDir: string): Promise<void> {
  const path = join(dataDir, FILE);
  const here = await placeId();
  try {
    if ((await stat(dataDir)).uid !== process.getuid?.()) return;
    const marker = await readMarker(path);
    if (marker?.seen.includes(here)) return;
    const next: Marker = {
      firstAt: marker?.firstAt ?? new Date().toISOString(),
      seen: [...(marker?.seen ?? []), here].slice(-MOST_KEPT),
    };
    // Whole or not at all: a power cut must not leave half of it.
    const draft = `${path}.${process.pid}`;
    await writeFile(draft, JSON.stringify(next));
    await rename(draft, path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    // "Data folder" tells why it cannot be written.
  }
}

export async function readBootHistory(dataDir: string): Promise<BootHistory> {
  const marker = await readMarker(join(dataDir, FILE));
  return { count: marker?.seen.length ?? 0, firstAt: marker?.firstAt ?? '' };
}

async function readMarker(path: string): Promise<Marker | undefined> {
  try {
    return markerSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined; // Not there, torn, or somebody else's: begun anew.
  }
}

/** A container has a name of its own, which is its host name, and the machine an id of its own for each boot. */
async function placeId(): Promise<string> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  return `${hostname()} ${boot.trim()}`;
}
