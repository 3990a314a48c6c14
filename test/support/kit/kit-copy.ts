import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type * as ServiceFacts from './service-facts.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const LEFT_OUT = ['node_modules', '.git', 'data', 'coverage', '.cache', '.env', 'test'];
const FACTS = 'test/support/kit/service-facts.ts';
const TOPOLOGY = 'config/topology.ts';
const END_OF_TOPOLOGY = '] as const satisfies readonly ServiceDeclaration[];';

/** A kit of one's own: the sources, which may be changed, on the packages of this one. */
export class KitCopy implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'gatehouse-own-'));
  readonly #topology: string;

  constructor() {
    for (const name of readdirSync(ROOT).filter((each) => !LEFT_OUT.includes(each)))
      cpSync(join(ROOT, name), join(this.root, name), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(this.root, 'node_modules'));
    this.#topology = this.read(TOPOLOGY);
    assert.ok(this.#topology.includes(END_OF_TOPOLOGY));
  }

  /** Entries at the end of the topology, beside those of the kit. */
  declare(...entries: readonly string[]): void {
    const text = this.#topology.replace(END_OF_TOPOLOGY, () => `${entries.join('')}${END_OF_TOPOLOGY}`);
    writeFileSync(join(this.root, TOPOLOGY), text);
  }

  read(file: string): string {
    return readFileSync(join(this.root, file), 'utf8');
  }

  write(file: string, text: string): void {
    mkdirSync(dirname(join(this.root, file)), { recursive: true });
    writeFileSync(join(this.root, file), text);
  }

  /** Runs `gatehouse` with these arguments. */
  run(...args: readonly string[]) {
    return this.#node('bin/gatehouse.js', ...args);
  }

  /** Loads the facts of the copy into this process, as its sources are at the first call. */
  loadFacts(): Promise<typeof ServiceFacts> {
    this.write(FACTS, readFileSync(join(ROOT, FACTS), 'utf8'));
    return import(pathToFileURL(join(this.root, FACTS)).href);
  }

  /** Checks the types of these folders or files. Gives what is wrong. */
  checkTypes(...include: readonly string[]): string {
    this.write('tsconfig.own.json', JSON.stringify({ extends: './tsconfig.json', include }));
    const tsc = join(ROOT, 'node_modules/.bin/tsc');
    // One checker: each of several would check the libraries.
    const { stdout, stderr } = spawnSync(tsc, ['-p', 'tsconfig.own.json', '--checkers', '1'], {
      cwd: this.root,
      encoding: 'utf8',
    });
    rmSync(join(this.root, 'tsconfig.own.json'));
    return stdout + stderr;
  }

  #node(file: string, ...args: readonly string[]) {
    return spawnSync(process.execPath, [join(this.root, file), ...args], {
      cwd: tmpdir(),
      encoding: 'utf8',
      env: { PATH: process.env.PATH },
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** The entry of the topology that docs/own-services.md shows. */
export function documentedEntry(): string {
  const document = readFileSync(join(ROOT, 'docs/own-services.md'), 'utf8');
  const [, entry] = /```ts\n( {2}\{\n[\s\S]*? {2}\},\n)```/.exec(document) ?? [];
  assert.ok(entry !== undefined, 'docs/own-services.md shows an entry');
  return entry;
}
