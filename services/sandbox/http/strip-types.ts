import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';

const MODULE = /^([a-z-]+\/)?[a-z-]+\.ts$/;
/** By path. All sandboxes of a process share it: stripping takes a third of a second. */
const made = new Map<string, string>();

/** Serves the TypeScript modules of one folder, and of the folders in it, as what a browser runs: without their types, made once in each process. */
export class StrippedModules {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The JavaScript of a module, or undefined when the folder has none of this name. */
  read(name: string): string | undefined {
    if (!MODULE.test(name)) return undefined;
    const path = join(this.#folder, name);
    const known = made.get(path);
    if (known !== undefined) return known;
    const source = readSource(path);
    if (source === undefined) return undefined;
    const code = stripQuietly(source);
    made.set(path, code);
    return code;
  }
}

/** Node says once per process that its stripping is experimental; the log is no place for that. */
function stripQuietly(source: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return stripTypeScriptTypes(source, { mode: 'strip' });
  } finally {
    process.emitWarning = emitWarning;
  }
}

function readSource(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
