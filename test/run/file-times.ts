import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { FileTime } from './results.ts';

/** How long each file took when it last ran here. Only the order of the next run depends on it. */
const FILE = '.cache/test-times.json';
const timesSchema = z.record(z.string(), z.number());

/** Where files usually take long, for a machine that has not run them before. */
const USUALLY_LONG = [
  'test/proof/docker/',
  'test/system/kit/',
  'test/system/bridge/',
  'test/system/sandbox/',
];
const LONG_MS = 30_000;

/** Sorts by time: a long file that starts last would leave the other processors idle at the end. */
export function longestFirst(files: readonly string[]): string[] {
  const times = readTimes();
  const usualMs = (file: string): number =>
    USUALLY_LONG.some((path) => file.startsWith(path)) ? LONG_MS : 0;
  const timeOf = (file: string): number => times[file] ?? usualMs(file);
  return files.toSorted((one, other) => timeOf(other) - timeOf(one));
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
