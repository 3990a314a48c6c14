import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Checkout } from '../checkout.ts';
import type { Recording } from '../recording.ts';

/** Files that `gatehouse render` writes as a whole. A folder stands for all that it holds. */
const WHOLE = [
  '.env.example',
  'deploy/rendered',
  '.railway',
  'compose.yaml',
  'fly.toml',
  'render.yaml',
  'heroku.yml',
  'app.json',
] as const;
/** A part of a document that `gatehouse render` writes: between these two marks. */
const BLOCK = /<!-- ([\w-]+): made by make render -->\n([\s\S]*?)<!-- \1: end -->/g;
/** Folders that hold no document of the kit. */
const SKIPPED = ['node_modules', '.git', '.cache', 'data', 'coverage'];

/** Records the rendered files and the rendered blocks of documents. `gatehouse render --check` is one of the commands. */
export function recordFiles({ root }: Checkout): Recording {
  const recording = new Map<string, string>();
  const names = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0');
  for (const name of names.filter(isWhole)) recording.set(name, readFileSync(join(root, name), 'utf8'));
  for (const name of documentsOf(root)) {
    // A document may move; the block is the same table wherever it is.
    for (const [, block = '', text = ''] of readFileSync(join(root, name), 'utf8').matchAll(BLOCK))
      recording.set(`the block "${block}"`, text);
  }
  return recording;
}

function isWhole(name: string): boolean {
  return WHOLE.some((whole) => name === whole || name.startsWith(`${whole}/`));
}

function documentsOf(root: string): readonly string[] {
  return readdirSync(root, { recursive: false, withFileTypes: true }).flatMap((entry) => {
    if (SKIPPED.includes(entry.name)) return [];
    if (entry.isFile()) return entry.name.endsWith('.md') ? [entry.name] : [];
    if (!entry.isDirectory()) return [];
    return readdirSync(join(root, entry.name), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(entry.name, name));
  });
}
