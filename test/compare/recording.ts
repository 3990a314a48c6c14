import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What one checkout did, as normalised text by the name of each item. */
export type Recording = ReadonlyMap<string, string>;

/** Writes a recording into one file, so that a person can read all of it. */
export function saveRecording(path: string, recording: Recording): void {
  mkdirSync(dirname(path), { recursive: true });
  const parts = [...recording].map(([name, text]) => `==== ${name}\n${text}`);
  writeFileSync(join(path), parts.join('\n'));
}
