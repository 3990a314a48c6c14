import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dockerBuild } from '../../../deploy/shipping/docker.ts';
import { KEY } from './container.ts';
import type { Engine } from './engine.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const PORT = '18080';
const SETTINGS = {
  WHATSAPP: 'sandbox',
  SANDBOX_ALLOWED: 'true',
  SANDBOX_AUTO_LINK: 'true',
  PORT,
} as const;

/** The project that `config/deployment.ts` names: one on each engine, so one test file deploys. */
export const PROJECT = 'gatehouse';

/** How a program ended. */
export interface Outcome {
  readonly code: number;
  /** Both streams. */
  readonly output: string;
}

/** A clone of the working tree on the host of an engine, from which a user deploys the sandbox kit. */
export class Clone implements AsyncDisposable {
  readonly origin = `http://127.0.0.1:${PORT}`;
  readonly #engine: Engine;
  readonly #folder: string;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#folder = cloneKit();
  }

  /** Runs `make`, with the settings of the sandbox kit. */
  make(target: string, ...variables: string[]): Promise<Outcome> {
    const settings = Object.entries(SETTINGS).map(([name, value]) => `${name}=${value}`);
    const command = ['make', '--no-print-directory', '-o', 'node_modules/.installed', target];
    return this.#run([...command, ...variables, ...settings], { API_KEYS: KEY });
  }

  /** Builds a release and starts it by Docker Compose alone, as the notes in compose.yaml describe it. */
  async composeUp(release: string): Promise<Outcome> {
    for (const { argv } of [
      dockerBuild('kit', `${PROJECT}:${release}`, { release }),
      dockerBuild('port', `${PROJECT}-port`),
    ]) {
      const built = await this.#run(argv);
      if (built.code !== 0) return built;
    }
    const { PORT: _published, ...settings } = SETTINGS;
    const lines = Object.entries({ ...settings, API_KEYS: KEY }).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(join(this.#folder, '.env.deploy'), lines.join(''), { mode: 0o600 });
    return this.#run(['docker', 'compose', 'up', '--detach', '--no-build'], {
      GATEHOUSE_BLUE_IMAGE: `${PROJECT}:${release}`,
      GATEHOUSE_RELEASE: release,
      GATEHOUSE_PORT: PORT,
    });
  }

  /** The JSON answer of the deployed kit to a client with a key. */
  async ask(path: string): Promise<unknown> {
    const flags = ['--silent', '--header', `x-api-key: ${KEY}`, '--max-time', '10'];
    return JSON.parse(await this.#engine.onHost('curl', ...flags, `${this.origin}${path}`));
  }

  /** The release that answers, as `/health` names it. */
  async serving(): Promise<unknown> {
    return toRecord(await this.ask('/health')).release;
  }

  /** The names of the project's running containers, sorted. */
  async running(): Promise<string[]> {
    const filter = `label=com.docker.compose.project=${PROJECT}`;
    const names = await this.#engine.docker('ps', '--filter', filter, '--format', '{{.Names}}');
    return names
      .split('\n')
      .filter((name) => name !== '')
      .sort();
  }

  /** Makes an image that differs from `of` by what a shell command does to its sources; returns the variable for `make`. */
  async spoil(of: string, tag: string, change: string): Promise<string> {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-spoilt-'));
    const lines = [`FROM ${PROJECT}:${of}`, 'USER 0', `RUN ${change}`, 'USER 1000:1000'];
    writeFileSync(join(folder, 'Dockerfile'), `${lines.join('\n')}\n`);
    await this.#engine.docker('build', '--quiet', '--tag', `${PROJECT}:${tag}`, folder);
    rmSync(folder, { recursive: true });
    return `IMAGE=${PROJECT}:${tag}`;
  }

  /** Removes the deployed kit, its data and the clone. */
  async [Symbol.asyncDispose](): Promise<void> {
    const filter = `label=com.docker.compose.project=${PROJECT}`;
    const left = await this.#engine.docker('ps', '--all', '--quiet', '--filter', filter);
    if (left !== '') await this.#engine.docker('rm', '--force', ...left.split('\n'));
    await this.#engine.docker('network', 'prune', '--force', '--filter', filter);
    await this.#engine.docker('volume', 'rm', '--force', `${PROJECT}_data`);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #run(argv: readonly string[], variables: Readonly<Record<string, string>> = {}): Promise<Outcome> {
    const [file = '', ...args] = [...this.#engine.within, ...argv];
    const env = { ...this.#engine.env, ...variables };
    return new Promise((resolve) => {
      execFile(file, args, { cwd: this.#folder, env, maxBuffer: 64 * 1024 ** 2 }, (error, stdout, stderr) =>
        resolve({
          code: typeof error?.code === 'number' ? error.code : error === null ? 0 : 1,
          output: stdout + stderr,
        }),
      );
    });
  }
}

export function toRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** What git would give, of this working tree, with the packages of this one. */
function cloneKit(): string {
  const clone = mkdtempSync(join(tmpdir(), 'gatehouse-clone-'));
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  for (const file of files.split('\0').filter((name) => name !== ''))
    cpSync(join(ROOT, file), join(clone, file), { preserveTimestamps: true });
  symlinkSync(join(ROOT, 'node_modules'), join(clone, 'node_modules'));
  return clone;
}
