import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { freePort } from '../support/free-port.ts';
import { fieldOf } from './json.ts';
import { until } from './until.ts';

/** The port settings of a kit on the sandbox. */
export const PORT_SETTINGS = [
  'PORT',
  'API_PORT',
  'WHATSAPP_BRIDGE_PORT',
  'SANDBOX_PORT',
  'SANDBOX_WEB_PORT',
  'CONTROL_PORT',
] as const;
export type Ports = Readonly<Record<(typeof PORT_SETTINGS)[number], number>>;

/** Variables that a child may inherit. All others could change what the kit does. */
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'USER', 'PUPPETEER_EXECUTABLE_PATH', 'NGINX_PATH'];
/** The supervisor has this long to stop before it is killed. */
const STOP_WITHIN_MS = 30_000;
/** Log lines that an error message shows. */
const SHOWN_CHARACTERS = 6_000;

/** The environment of a child: the few inherited variables, and those given. */
export function cleanEnvironment(variables: Readonly<Record<string, string>> = {}): Record<string, string> {
  const kept = INHERITED.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(kept), NO_COLOR: '1', ...variables };
}

/** Returns free ports, one for each port setting. */
export async function freePorts(): Promise<Ports> {
  return {
    PORT: await unroundPort(),
    API_PORT: await unroundPort(),
    WHATSAPP_BRIDGE_PORT: await unroundPort(),
    SANDBOX_PORT: await unroundPort(),
    SANDBOX_WEB_PORT: await unroundPort(),
    CONTROL_PORT: await unroundPort(),
  };
}

/** Ports are replaced in what is recorded, so a port must not be equal to a limit such as 10000 or 30000. */
async function unroundPort(): Promise<number> {
  for (;;) {
    const port = await freePort();
    if (port % 100 !== 0) return port;
  }
}

export interface KitStart {
  /** The checkout whose code runs. */
  readonly root: string;
  readonly dataDir: string;
  readonly ports: Ports;
  readonly env: Readonly<Record<string, string>>;
}

/** A kit of one checkout, on the sandbox, known only by its command line, ports, files, signals and log. */
export class KitProcess implements AsyncDisposable {
  readonly ports: Ports;
  readonly dataDir: string;
  readonly exit: Promise<number | string>;
  output = '';
  readonly #child: ChildProcess;
  readonly #end = (): void => void this.#child.kill('SIGTERM');

  constructor({ root, dataDir, ports, env }: KitStart) {
    this.ports = ports;
    this.dataDir = dataDir;
    const portVariables = Object.fromEntries(PORT_SETTINGS.map((name) => [name, String(ports[name])]));
    this.#child = spawn(process.execPath, [join(root, 'bin/gatehouse.js'), 'start'], {
      cwd: dataDir, // This folder has no .env file.
      env: cleanEnvironment({ WHATSAPP: 'sandbox', DATA_DIR: dataDir, ...portVariables, ...env }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8');
      stream?.on('data', (text: string) => {
        this.output += text;
      });
    }
    // `close` comes when no process holds the pipes: the services have ended too.
    this.exit = new Promise((resolve) =>
      this.#child.once('close', (code, signal) => resolve(code ?? signal ?? '')),
    );
    process.once('exit', this.#end);
  }

  get origin(): string {
    return `http://127.0.0.1:${this.ports.PORT}`;
  }

  /** The end of the log, for an error message. */
  get tail(): string {
    return this.output.slice(-SHOWN_CHARACTERS);
  }

  /** The last warnings and errors of the log, for an error message. */
  get complaints(): string {
    const lines = this.output.split('\n').filter((line) => /"level":"(warn|error|fatal)"/.test(line));
    return [...new Set(lines.map((line) => line.slice(0, 600)))].slice(-3).join('\n');
  }

  /** Waits until the kit is up, its database answers, and the sandbox is linked. */
  async ready(): Promise<this> {
    const isReady = await until(
      'the session is ready',
      async () => {
        if (!this.#isRunning) return 'ended';
        const health: unknown = await (await fetch(`${this.origin}/health`)).json();
        const hasStore = fieldOf(health, 'storage', 'state') === 'ok';
        return hasStore && fieldOf(health, 'whatsapp_ready') === true ? 'ready' : undefined;
      },
      90_000,
      () => this.tail,
    );
    if (isReady === 'ended') throw new Error(`the kit ended before it was ready; its log:\n${this.tail}`);
    return this;
  }

  /** The process id of a service, from the last line of the log that names it. */
  pidOf(service: string): number {
    const started = new RegExp(`"service":"${service}","pid":(\\d+),"msg":"${service} started"`, 'g');
    const pid = [...this.output.matchAll(started)].at(-1)?.[1];
    if (pid === undefined) throw new Error(`${service} has not started; the log:\n${this.tail}`);
    return Number(pid);
  }

  /** Sends a signal to the supervisor and waits until the kit has ended. Returns its exit code or signal. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string> {
    if (this.#isRunning) this.#child.kill(signal);
    const late = setTimeout(() => this.#child.kill('SIGKILL'), STOP_WITHIN_MS);
    const code = await this.exit;
    clearTimeout(late);
    process.off('exit', this.#end);
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  get #isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }
}
