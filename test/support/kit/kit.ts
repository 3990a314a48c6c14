import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { signalProcess } from '../../../services/runtime/process/process-table.ts';
import { endWithTests } from '../end-with-tests.ts';
import { freePort } from '../free-port.ts';
import { PATIENCE_MS, type Truthy, until } from '../until.ts';
import type { Health, ReceivedMessage } from './answers.ts';
import { processesOf } from './processes-of.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** What is not set by the test must not come from whoever runs it. */
const CLEAN = [
  'DATABASE_URL',
  'STORE_DIR',
  'PORT',
  'BRIDGE_PORT',
  'WHATSAPP_BRIDGE_PORT',
  'API_KEYS',
  'GATEHOUSE_PROFILE',
  'WHATSAPP',
];

export interface KitPorts {
  readonly PORT: number;
  readonly API_PORT: number;
  readonly WHATSAPP_BRIDGE_PORT: number;
  readonly SANDBOX_PORT: number;
  readonly SANDBOX_WEB_PORT: number;
  readonly CONTROL_PORT: number;
}

/** The whole kit as a process of its own, as a user runs it, on free ports and a data folder of its own. */
export class Kit implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly ports: KitPorts;
  readonly dataDir: string;
  readonly exit: Promise<number | string>;
  output = '';
  readonly #ownsData: boolean;
  readonly #forget: () => void;

  constructor(
    args: readonly string[],
    variables: Readonly<Record<string, string>>,
    ports: KitPorts,
    dataDir: string | undefined,
    terminal: boolean,
    within: readonly string[],
    root: string,
  ) {
    this.ports = ports;
    this.#ownsData = dataDir === undefined;
    this.dataDir = dataDir ?? mkdtempSync(join(tmpdir(), 'gatehouse-kit-'));
    const inherited = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !CLEAN.includes(name)),
    );
    const portVariables = Object.fromEntries(
      Object.entries(ports).map(([name, port]) => [name, String(port)]),
    );
    const command = [process.execPath, join(root, 'bin/gatehouse.js'), ...args];
    // util-linux's `script` gives the kit a terminal of its own, whose keyboard is our end of its input.
    const [file = '', ...rest] = terminal
      ? ['script', '-qefc', `exec ${command.join(' ')}`, '/dev/null']
      : [...within, ...command];
    this.child = spawn(file, rest, {
      cwd: this.dataDir, // Where no .env lies.
      env: { ...inherited, DATA_DIR: this.dataDir, ...portVariables, ...variables },
      stdio: [terminal ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8');
      stream?.on('data', (text: string) => {
        this.output += text;
      });
    }
    this.exit = new Promise((resolve) =>
      this.child.once('close', (code, signal) => resolve(code ?? signal ?? '')),
    );
    this.#forget = endWithTests(this.child, () => this.#kill());
  }

  get origin(): string {
    return `http://127.0.0.1:${this.ports.PORT}`;
  }

  /** The processes of this kit, apart from the supervisor and its guard: all that carry its data folder, browsers included. */
  get processes(): number[] {
    return processesOf(this.dataDir).filter((pid) => pid !== this.child.pid);
  }

  /** The body of `GET /health`, whatever its status. */
  async health(): Promise<Health> {
    return (await fetch(`${this.origin}/health`)).json();
  }

  /** Waits until `holds` gives something true. Fails with the kit's log when it takes longer than the limit. */
  async until<T>(what: string, holds: () => Promise<T> | T, withinMs = PATIENCE_MS): Promise<Truthy<T>> {
    return until(what, holds, { withinMs, more: () => this.output });
  }

  /** Ends the kit and fails if it exits first, or takes longer than the limit. */
  ready(withinMs = COMES_WITHIN_MS): Promise<this> {
    const isReady = async () => (await this.health()).whatsapp_ready === true;
    return this.#come('WhatsApp is ready', 'session default is ready', isReady, withinMs);
  }

  /** Ends the kit and fails if it exits first, or takes longer than the limit. */
  up(withinMs = COMES_WITHIN_MS): Promise<this> {
    const isUp = async () => (await fetch(`${this.origin}/health`)).status === 200;
    return this.#come('the api is up', 'api listening on port', isUp, withinMs);
  }

  post(path: string, body?: object, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.origin}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body ?? {}),
    });
  }

  async received(): Promise<ReceivedMessage[]> {
    return (await fetch(`${this.origin}/sandbox/api/messages`)).json();
  }

  /** Messages of the outbox that are being sent. */
  async sending(): Promise<{ id: string; chat_id: string; person?: { phone_number?: string } }[]> {
    const answer = await fetch(`${this.origin}/api/whatsapp/messages?status=sending&limit=100`);
    return (await answer.json()).messages;
  }

  /** Cancels a message, and waits for what comes of it. */
  cancel(id: string): Promise<Response> {
    return fetch(`${this.origin}/api/whatsapp/messages/${id}`, { method: 'DELETE' });
  }

  /** The process that a service runs as now, by the last line of the log that tells. */
  pidOf(service: string): number {
    const started = new RegExp(`"service":"${service}","pid":(\\d+),"msg":"${service} started"`, 'g');
    const pid = [...this.output.matchAll(started)].at(-1)?.[1];
    if (pid === undefined) throw new Error(`${service} has not started; the log:\n${this.output}`);
    return Number(pid);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string> {
    this.child.kill(signal);
    this.child.ref(); // Outside of tests nothing else may keep this process alive.
    return this.exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#hasEnded) {
      const late = setTimeout(() => this.child.kill('SIGKILL'), 15_000);
      await this.stop();
      clearTimeout(late);
    }
    this.#forget();
    this.#kill();
  }

  get #hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Waits for `line` in the log, and then for `holds`. A kit that does not come up must not outlive the hook that starts it. */
  async #come(what: string, line: string, holds: () => Promise<boolean>, withinMs: number): Promise<this> {
    let looks = 0;
    // Four processes answer for /health, and have other things to do while they start: the log tells by itself.
    const mayHold = () => this.output.includes(line) || ++looks % SILENT_LOOKS === 0;
    try {
      await this.until(what, async () => this.#hasEnded || (mayHold() && (await holds())), withinMs);
      if (this.#hasEnded) throw new Error(`the kit ended with ${await this.exit}\n${this.output}`);
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw error;
    }
    return this;
  }

  /** Kills what is left of the kit, and removes its data folder. */
  #kill(): void {
    const { processes } = this;
    this.child.kill('SIGKILL');
    // Once more: the supervisor may have started a process in between.
    for (const pid of [...processes, ...this.processes]) signalProcess(pid, 'SIGKILL');
    if (this.#ownsData) rmSync(this.dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

export interface KitOptions {
  /** `demo` unless given. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly ports?: Partial<KitPorts>;
  /** Kept after the test; a new one that is removed unless given. */
  readonly dataDir?: string;
  /** On a terminal of its own. */
  readonly terminal?: boolean;
  /** What runs it, before its own command: `['ip', 'netns', 'exec', 'NAME']`. Not together with `terminal`. */
  readonly within?: readonly string[];
  /** The folder of the kit, where it is not this one. */
  readonly root?: string;
}

/** How long a kit may take to come up. */
const COMES_WITHIN_MS = 180_000;

/** A log at level `warn` does not tell that the kit is ready. */
const SILENT_LOOKS = 10;

/** Of `start`, where a test needs no WhatsApp: the kit without what takes half of its time. */
export const NO_BROWSER = { PUPPETEER_EXECUTABLE_PATH: '/bin/false' };

/** Starts the kit; does not wait for anything. */
export async function startKit({
  args = ['demo'],
  env = {},
  ports,
  dataDir,
  terminal = false,
  within = [],
  root = ROOT,
}: KitOptions = {}): Promise<Kit> {
  return new Kit(args, env, { ...(await freePorts()), ...ports }, dataDir, terminal, within, root);
}

export async function freePorts(): Promise<KitPorts> {
  return {
    PORT: await freePort(),
    API_PORT: await freePort(),
    WHATSAPP_BRIDGE_PORT: await freePort(),
    SANDBOX_PORT: await freePort(),
    SANDBOX_WEB_PORT: await freePort(),
    CONTROL_PORT: await freePort(),
  };
}
