import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { main } from '../../../cli/main.ts';
import { type CliResult, runCli } from './run-cli.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const LEFT_OUT = ['node_modules', '.git', 'test', 'data', 'coverage', '.cache', '.env', '.env.deploy'];

/** A copy of the kit whose files a test may change, and its command line in this process. */
export class CliCopy implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'gatehouse-copy-'));

  constructor() {
    cpSync(ROOT, this.root, {
      recursive: true,
      filter: (path) => !LEFT_OUT.includes(relative(ROOT, path)),
    });
    symlinkSync(join(ROOT, 'node_modules'), join(this.root, 'node_modules'));
  }

  path(file: string): string {
    return join(this.root, file);
  }

  /** Runs `gatehouse ARGS` of the copy. Its sources are read on the first call, its other files on each. */
  async run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CliResult> {
    const copy: { main: typeof main } = await import(this.path('cli/main.ts'));
    return runCli(args, env, copy.main);
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true });
  }
}
