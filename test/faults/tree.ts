import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Fault } from './fault.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Not copied: history, what runs have made, data. `node_modules` is linked. */
const LEFT_OUT = new Set(['.git', '.cache', 'coverage', 'data', 'node_modules']);

/** A copy of this tree, so that a fault never touches the files that someone is editing. */
export class Tree implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'gatehouse-faults-'));

  constructor() {
    for (const name of readdirSync(ROOT))
      if (!LEFT_OUT.has(name)) cpSync(join(ROOT, name), join(this.root, name), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(this.root, 'node_modules'));
  }

  /**
   * Applies a fault until the returned object is disposed.
   * @throws Error when the text does not occur exactly once: the source has changed, and the fault must follow it.
   */
  apply({ file, text, replacement }: Fault): Disposable {
    const path = join(this.root, file);
    const source = readFileSync(path, 'utf8');
    const count = source.split(text).length - 1;
    if (count !== 1)
      throw new Error(`the text of this fault occurs ${count} times in ${file}; update the fault`);
    writeFileSync(
      path,
      source.replace(text, () => replacement),
    );
    return { [Symbol.dispose]: () => writeFileSync(path, source) };
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
