import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import wweb, { type Client as ClientType, type Message } from 'whatsapp-web.js';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../../services/sandbox/sandbox.ts';

const { Client, LocalAuth } = wweb;

export const BROWSER = process.env.CHROMIUM ?? '/usr/bin/chromium';
export const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** A picture of one dot. */
export const DOT =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC';
export const LIMIT_MS = 30_000;
const POLL_MS = 10;

export const silentLog = pino({ level: process.env.LOG_LEVEL ?? 'silent' });

export interface Seen {
  readonly event: string;
  readonly values: readonly unknown[];
}

/** A data folder, the sandboxes started on it and the clients started in its browser: all gone at the end. */
export class World implements AsyncDisposable {
  readonly folder: string;
  readonly #clients = new Set<Witness>();
  sandbox: Sandbox | undefined;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async open(options: Partial<SandboxOptions> = {}): Promise<World> {
    const world = new World(await mkdtemp(join(tmpdir(), 'gatehouse-sandbox-')));
    await world.startSandbox(options);
    return world;
  }

  async startSandbox(options: Partial<SandboxOptions> = {}): Promise<Sandbox> {
    this.sandbox = await startSandbox({
      host: '127.0.0.1',
      port: 0,
      webPort: 0,
      dataDir: this.folder,
      browser: BROWSER,
      autoLink: false,
      authorize: () => undefined,
      log: silentLog,
      // The unmodified library fails on later pages, as it does on the real one (test: editions).
      settings: { edition: '2026-06' },
      ...options,
    });
    return this.sandbox;
  }

  get running(): Sandbox {
    if (this.sandbox === undefined) throw new Error('no sandbox was started');
    return this.sandbox;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.running.port}`;
  }

  /** Calls the sandbox's control; gives the answer's body. */
  async control(what: string, body: object = {}): Promise<Record<string, unknown>> {
    const response = await fetch(`${this.origin}/sandbox/api/${what}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const answer = recordOf(await response.json());
    if (!response.ok) throw new Error(`${what}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  }

  async received(): Promise<Record<string, unknown>[]> {
    const response = await fetch(`${this.origin}/sandbox/api/messages`);
    const list: unknown = await response.json();
    return Array.isArray(list) ? list.map(recordOf) : [];
  }

  startClient(): Witness {
    const witness = new Witness(
      new Client({
        authStrategy: new LocalAuth({ dataPath: join(this.folder, 'profiles'), clientId: 'a' }),
        webVersionCache: { type: 'none' },
        puppeteer: {
          headless: true,
          executablePath: this.running.wrapperPath,
          args: FLAGS,
          handleSIGINT: false,
          handleSIGTERM: false,
          handleSIGHUP: false,
        },
      }),
    );
    this.#clients.add(witness);
    return witness;
  }

  /** A client that is linked and ready. */
  async startReadyClient(): Promise<Witness> {
    const witness = this.startClient();
    await witness.client.initialize();
    if (this.running.phone.state.devices.size === 0) {
      await witness.next('qr');
      await this.control('scan');
    }
    await witness.next('ready');
    return witness;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const witness of this.#clients) await witness.close();
    await this.sandbox?.close();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

const EVENTS = [
  'qr',
  'code',
  'loading_screen',
  'authenticated',
  'ready',
  'message',
  'message_create',
  'message_ack',
  'message_edit',
  'message_revoke_everyone',
  'message_ciphertext',
  'message_reaction',
  'vote_update',
  'call',
  'change_state',
  'disconnected',
  'unread_count',
] as const;

/** A client with everything that it told, in order. */
export class Witness {
  readonly client: ClientType;
  readonly seen: Seen[] = [];
  #taken = new Map<string, number>();

  constructor(client: ClientType) {
    this.client = client;
    for (const event of EVENTS)
      client.on(event, (...values: unknown[]) => {
        this.seen.push({ event, values });
      });
  }

  all(event: string): readonly Seen[] {
    return this.seen.filter((item) => item.event === event);
  }

  /** The next event of this name that was not taken yet. */
  async next(event: string): Promise<readonly unknown[]> {
    const index = this.#taken.get(event) ?? 0;
    this.#taken.set(event, index + 1);
    await until(`event ${event} number ${index + 1}`, () => this.all(event).length > index);
    return this.all(event)[index]?.values ?? [];
  }

  async nextMessage(event = 'message'): Promise<Message> {
    const [message] = await this.next(event);
    if (!isMessage(message)) throw new Error(`${event} came without a message`);
    return message;
  }

  /** Messages announced so far by `message_create`, as `id`. */
  createdIds(): string[] {
    return this.all('message_create').flatMap(({ values: [message] }) =>
      isMessage(message) ? [message.id._serialized] : [],
    );
  }

  acksOf(id: string): number[] {
    return this.all('message_ack').flatMap(({ values: [message, ack] }) =>
      isMessage(message) && message.id._serialized === id ? [Number(ack)] : [],
    );
  }

  /** Has what the page tells the phone under this name come late, as on a machine that is busy. */
  async delay(what: string, ms: number): Promise<void> {
    await this.client.pupPage?.evaluate(`(() => {
      const { fetch } = window;
      window.fetch = async (url, ...more) => {
        if (String(url).startsWith('/stand-in/${what}?')) await new Promise((resolve) => setTimeout(resolve, ${ms}));
        return fetch(url, ...more);
      };
    })()`);
  }

  get pid(): number {
    const pid = this.client.pupBrowser?.process()?.pid;
    if (pid === undefined) throw new Error('no browser is running');
    return pid;
  }

  /** Ends the browser as a power cut would. */
  async kill(): Promise<void> {
    const browser = this.client.pupBrowser;
    const gone = new Promise((resolve) => browser?.once('disconnected', resolve));
    process.kill(this.pid, 'SIGKILL');
    await gone;
  }

  async close(): Promise<void> {
    if (this.client.pupBrowser?.connected) await this.client.destroy();
  }
}

/** Waits for a condition, with a limit. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  limitMs = LIMIT_MS,
): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`waited ${limitMs} ms in vain for: ${what}`);
    await new Promise((resolve) => {
      setTimeout(resolve, POLL_MS);
    });
  }
}

export function recordOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new Error('expected an object');
  return Object.fromEntries(Object.entries(value));
}

function isMessage(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && 'id' in value && 'ack' in value;
}
