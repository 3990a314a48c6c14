import { existsSync, readFileSync } from 'node:fs';
import { importsIn } from './imports.ts';

/** Returns the files that import one of the changed files, directly or through others, and the changed files themselves. */
export function dependentsOf(changed: readonly string[], files: readonly string[]): Set<string> {
  const importers = new Map<string, string[]>();
  for (const file of files)
    for (const target of importsIn(file, readFileSync(file, 'utf8')))
      importers.set(target, [...(importers.get(target) ?? []), file]);
  const touched = new Set<string>();
  const waiting = changed.filter((file) => existsSync(file));
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (touched.has(file)) continue;
    touched.add(file);
    waiting.push(...(importers.get(file) ?? []));
  }
  return touched;
}
