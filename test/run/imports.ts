import { posix } from 'node:path';

/** Returns the files that a file imports, type imports and lazy imports included, as paths from the root; no packages. */
export function importsIn(file: string, text: string): string[] {
  return [...text.matchAll(/(?:from|import) '([^']+)'|import\('([^']+)'\)/g)].flatMap(([, eager, lazy]) => {
    const target = eager ?? lazy ?? '';
    if (target === '#config') return ['config/index.ts'];
    return target.startsWith('.') ? [posix.join(posix.dirname(file), target)] : [];
  });
}
