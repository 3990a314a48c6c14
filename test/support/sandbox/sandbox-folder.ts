import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../../services/sandbox/sandbox.ts';

export const BROWSER = process.env.CHROMIUM ?? '/usr/bin/chromium';

export const silentLog = pino({ level: process.env.LOG_LEVEL ?? 'silent' });

/**
 * The unmodified library fails on later pages, and beside a module that comes late, as it does on the real one
 * (test: editions, life).
 */
export const FOR_THE_BARE_LIBRARY = { edition: '2026-06', late: [] } as const;

/** A data folder and the sandboxes started on it, in this process. */
export class SandboxFolder implements AsyncDisposable {
  readonly folder: string;
  sandbox: Sandbox | undefined;

  protected constructor(folder: string) {
    this.folder = folder;
  }

  static async open(options: Partial<SandboxOptions> = {}): Promise<SandboxFolder> {
    const opened = new SandboxFolder(await newFolder());
    await opened.startSandbox(options);
    return opened;
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
      ...options,
      settings: { ...FOR_THE_BARE_LIBRARY, ...options.settings },
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

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sandbox?.close();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

export function newFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'gatehouse-sandbox-'));
}

export function recordOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new Error('expected an object');
  return Object.fromEntries(Object.entries(value));
}
