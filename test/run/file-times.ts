import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { FileTime } from './results.ts';

/** How long each file took when it last ran here. Only the order of the next run depends on it. */
const FILE = '.cache/test-times.json';
const timesSchema = z.record(z.string(), z.number());

/** Files that start last and take long would leave the other processors idle at the end. Unknown files come first. */
export function longestFirst(files: readonly string[]): string[] {
  const times = readTimes();
  const timeOf = (file: string): number => times[file] ?? Number.POSITIVE_INFINITY;
  return files.toSorted((one, other) =>
    timeOf(other) > timeOf(one) ? 1 : timeOf(other) < timeOf(one) ? -1 : 0,
  );
}

export function rememberTimes(files: readonly FileTime[]): void {
  const times = { ...readTimes(), ...Object.fromEntries(files.map(({ file, wallMs }) => [file, wallMs])) };
  mkdirSync('.cache', { recursive: true });
  writeFileSync(FILE, JSON.stringify(times));
}

function readTimes(): Record<string, number> {
  try {
    return timesSchema.parse(JSON.parse(readFileSync(FILE, 'utf8')));
  } catch {
    // The first run here, or a file that an interrupted run left: the order is then by name.
    return {};
  }
}
