import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type ContainerOptions, startContainer } from './container.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const SCRIPT = fileURLToPath(new URL('../tools/docker-engine.sh', import.meta.url));
/** The first time, packages and a base image are fetched and an image with a browser is built. */
export const FIRST_TIME_MS = 900_000;
const MOST_OUTPUT_BYTES = 64 * 1024 ** 2;

export type Stage = 'kit' | 'slim' | 'port';

/** A real Docker engine: the machine's own, or the one of `test/support/tools/docker-engine.sh`, shared by all test files. */
export class Engine implements AsyncDisposable {
  /** What `docker` and `make deploy` need in their environment to reach this engine. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What to put before a command for it to run on the host of the engine, which is another than any container. */
  readonly within: readonly string[];
  readonly #containers: string[] = [];

  constructor(reach: ReadonlyMap<string, string>) {
    const { NETNS, ...variables } = Object.fromEntries(reach);
    this.env = { ...process.env, ...variables };
    this.within = NETNS === undefined ? [] : ['nsenter', `--net=${NETNS}`];
  }

  /** What docker wrote to standard output; throws with what it wrote to standard error. */
  async docker(...args: string[]): Promise<string> {
    return (await this.#execute('docker', args)).stdout.trim();
  }

  /** The same with what it wrote to standard error: both streams of a container's log. */
  async dockerOutput(...args: string[]): Promise<string> {
    const { stdout, stderr } = await this.#execute('docker', args);
    return stdout + stderr;
  }

  /** Runs a program on the host of the engine. */
  async onHost(file: string, ...args: string[]): Promise<string> {
    const [program = '', ...rest] = [...this.within, file, ...args];
    return (await this.#execute(program, rest)).stdout.trim();
  }

  /** The tag of an image of this working tree; built at the first call, and in no time when nothing has changed. */
  async image(stage: Stage = 'kit'): Promise<string> {
    const tag = `gatehouse-under-test:${stage}`;
    built[stage] ??= this.docker(
      'build',
      '--quiet',
      '--target',
      stage,
      '--build-arg',
      'RELEASE=under-test',
      '--tag',
      tag,
      ROOT,
    );
    await built[stage];
    return tag;
  }

  /** Starts a container that is gone when the engine's user is done. */
  async run(image: string, options: ContainerOptions = {}) {
    const container = await startContainer(this, image, options);
    this.#containers.push(container.id);
    return container;
  }

  /** Removes the containers that were started by `run`; the engine itself ends with the tests. */
  async [Symbol.asyncDispose](): Promise<void> {
    const left = this.#containers.splice(0);
    if (left.length > 0) await this.docker('rm', '--force', '--volumes', ...left);
  }

  async #execute(file: string, args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
    return promisify(execFile)(file, args, { env: this.env, maxBuffer: MOST_OUTPUT_BYTES });
  }
}

/** What this machine lacks to run an engine; undefined when nothing. */
export function lacksForEngine(): string | undefined {
  const { status, stdout, error } = spawnSync('sh', [SCRIPT, 'lacks'], { encoding: 'utf8' });
  if (error !== undefined) return `no shell runs: ${error.message}`;
  return status === 0 ? undefined : stdout.trim();
}

/**
 * The engine, brought up at the first call. Test files that run at the same time share it: it ends after the last test
 * of the last process that uses it. Containers and images of one file have names that no other file uses.
 */
export async function startEngine(): Promise<Engine> {
  started ??= bringUp();
  return new Engine(await started.then(({ reach }) => reach));
}

/** Ends the use of the engine: for an `after` of each file that starts one. Should the process be killed, it ends too. */
export async function endEngine(this: Mocha.Context): Promise<void> {
  if (started === undefined) return;
  const { child } = await started;
  started = undefined;
  const ended = once(child, 'exit');
  child.stdin?.end();
  await ended;
}

const built: Partial<Record<Stage, Promise<string>>> = {};
let started: Promise<{ reach: ReadonlyMap<string, string>; child: ChildProcess }> | undefined;

async function bringUp(): Promise<{ reach: ReadonlyMap<string, string>; child: ChildProcess }> {
  const child = spawn('sh', [SCRIPT, 'run'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const reach = new Map<string, string>();
  for await (const line of createInterface(child.stdout)) {
    if (line === 'READY') return { reach, child };
    const at = line.indexOf('=');
    if (line.length > at + 1) reach.set(line.slice(0, at), line.slice(at + 1));
  }
  throw new Error(`no engine: \`${SCRIPT} run\` ended; it says why above`);
}
