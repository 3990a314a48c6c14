import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WORK } from './checkout.ts';
import type { Recording } from './recording.ts';

/** One item that differs, with a text for people. */
export interface Difference {
  readonly name: string;
  readonly text: string;
}

/** Lines of context around a change. */
const CONTEXT = 3;

/** Returns what differs between the recordings of the base and of this tree, in the order of the base. */
export function compareRecordings(base: Recording, here: Recording): readonly Difference[] {
  const names = [...new Set([...base.keys(), ...here.keys()])];
  return names.flatMap((name) => {
    const [before, after] = [base.get(name), here.get(name)];
    if (before === after) return [];
    if (before === undefined) return [{ name, text: 'only here\n' }];
    if (after === undefined) return [{ name, text: 'only in the base\n' }];
    return [{ name, text: diff(before, after) }];
  });
}

/** A unified diff, as git writes it, without its head. */
function diff(before: string, after: string): string {
  mkdirSync(WORK, { recursive: true });
  const folder = mkdtempSync(join(WORK, 'diff-'));
  try {
    writeFileSync(join(folder, 'base'), before);
    writeFileSync(join(folder, 'here'), after);
    const args = ['diff', '--no-index', '--no-color', `--unified=${CONTEXT}`, 'base', 'here'];
    const { stdout } = spawnSync('git', args, { cwd: folder, encoding: 'utf8' });
    return stdout.split('\n').slice(4).join('\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
}
