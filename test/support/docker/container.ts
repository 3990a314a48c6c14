import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { PATIENCE_MS } from '../until.ts';
import type { Engine } from './engine.ts';

export interface ContainerOptions {
  /** Instead of how the kit is meant to run: read-only, one volume, no capability. */
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
}

/** How the kit is meant to be run, whoever runs it. */
export const HARDENED = [
  '--read-only',
  '--tmpfs=/tmp',
  '--cap-drop=ALL',
  '--security-opt=no-new-privileges',
  '--pids-limit=512',
  '--memory=1g',
] as const;

export const KEY = 'key-of-the-tests-in-containers';

/** The kit on the sandbox: a phone that links itself, no network. */
export const SANDBOX = {
  WHATSAPP: 'sandbox',
  SANDBOX_ALLOWED: 'true',
  SANDBOX_AUTO_LINK: 'true',
  API_KEYS: KEY,
} as const;

export class Container {
  readonly id: string;
  readonly #engine: Engine;

  constructor(engine: Engine, id: string) {
    this.#engine = engine;
    this.id = id;
  }

  /** One value of `docker inspect`, by a Go template. */
  inspect(template: string): Promise<string> {
    return this.#engine.docker('inspect', '--format', template, this.id);
  }

  /** Its address on the engine's own bridge. */
  address(): Promise<string> {
    return this.inspect('{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}');
  }

  /** Everything it has written. */
  log(): Promise<string> {
    return this.#engine.dockerOutput('logs', this.id);
  }

  exec(...command: string[]): Promise<string> {
    return this.#engine.docker('exec', this.id, ...command);
  }

  /** Sends SIGTERM, SIGKILL after the grace; gives the exit code. */
  async stop(graceS = 10): Promise<number> {
    await this.#engine.docker('stop', '--time', String(graceS), this.id);
    return this.exit();
  }

  /** Waits for its end; gives the exit code. */
  async exit(): Promise<number> {
    return Number(await this.#engine.docker('wait', this.id));
  }

  /** One request from the host of the engine: the status, and the body as text. */
  async request(path: string, ...curl: string[]): Promise<{ status: number; body: string }> {
    const url = `http://${await this.address()}:8080${path}`;
    const answer = await this.#engine.onHost(
      'curl',
      '--silent',
      '--show-error',
      '--max-time',
      '30',
      '--header',
      `x-api-key: ${KEY}`,
      '--write-out',
      '\n%{http_code}',
      ...curl,
      url,
    );
    const at = answer.lastIndexOf('\n');
    return { status: Number(answer.slice(at + 1)), body: answer.slice(0, at) };
  }

  /** Sends a text to the phone of the sandbox, or to nobody where there is none. */
  send(message: string, ...curl: string[]): Promise<{ status: number; body: string }> {
    const body = JSON.stringify({ chat_id: '15550100199@c.us', message });
    const json = ['--header', 'content-type: application/json', '--data', body];
    return this.request('/api/whatsapp/send', ...json, ...curl);
  }

  /** Waits until `holds` gives something true; an error counts as not yet. Fails with the log past the limit. */
  async until<T>(what: string, holds: () => Promise<T>, withinMs = PATIENCE_MS): Promise<NonNullable<T>> {
    const deadline = Date.now() + withinMs;
    let last: unknown;
    while (Date.now() < deadline) {
      try {
        const value = await holds();
        if (value) return value;
      } catch (error) {
        last = error;
        if ((await this.inspect('{{.State.Running}}')) === 'false') break;
      }
      await sleep(200); // Between two looks: each starts a process of docker.
    }
    const lastTold = last === undefined ? '' : `; the last look failed: ${last}`;
    throw new Error(
      `${what}: not before its end, or not within ${withinMs} ms${lastTold}; its log:\n${await this.log()}`,
    );
  }

  /** Waits until its sandbox phone is linked and messages go out. */
  async ready(): Promise<this> {
    await this.until('WhatsApp is ready', async () =>
      (await this.request('/health')).body.includes('"whatsapp_ready":true'),
    );
    return this;
  }
}

export async function startContainer(
  engine: Engine,
  image: string,
  { flags = [...HARDENED, '--volume=/data'], env = SANDBOX, command = [] }: ContainerOptions,
): Promise<Container> {
  const variables = Object.entries(env).map(([name, value]) => `--env=${name}=${value}`);
  const name = `gatehouse-test-${randomBytes(4).toString('hex')}`;
  const id = await engine.docker(
    'run',
    '--detach',
    `--name=${name}`,
    ...flags,
    ...variables,
    image,
    ...command,
  );
  return new Container(engine, id);
}
