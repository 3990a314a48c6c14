import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { BridgeLimits } from '../../../services/bridge/limits.ts';
import { browsersOf, browserTree } from '../../../services/bridge/session/browser-processes.ts';
import {
  type BridgeStatus,
  bridgeHealthSchema,
  bridgeStatusSchema,
} from '../../../services/contract/bridge.ts';
import type { SessionState } from '../../../services/contract/events.ts';
import { SECRET_HEADER } from '../../../services/contract/internal.ts';
import { createLog } from '../../../services/runtime/log.ts';
import { type Sandbox, startSandbox } from '../../../services/sandbox/sandbox.ts';
import { endWithTests } from '../end-with-tests.ts';
import { type PageSelection, pageUnderTest } from '../sandbox/page-under-test.ts';
import { until } from '../until.ts';
import { type FakeApi, startFakeApi } from './fake-api.ts';
import { LIMITS } from './limits.ts';

export { LIMITS } from './limits.ts';

export const SECRET = 'the-secret-of-this-boot';
const BROWSER = '/usr/bin/chromium';
const BRIDGE_PROCESS = new URL('bridge-process.ts', import.meta.url).pathname;

export interface WorldOptions {
  readonly browserPath?: string;
  readonly limits?: Partial<BridgeLimits>;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** A sandbox, a fake api, and a bridge in a process of its own. */
export class World {
  readonly dir: string;
  readonly log: string[] = [];
  readonly sandbox: Sandbox;
  readonly api: FakeApi;
  #bridge: ChildProcess | undefined;
  readonly #bridges = new Set<ChildProcess>();
  #port = 0;

  constructor(dir: string, sandbox: Sandbox, api: FakeApi) {
    this.dir = dir;
    this.sandbox = sandbox;
    this.api = api;
  }

  get sessionsDir(): string {
    return join(this.dir, 'sessions');
  }

  get storeDir(): string {
    return join(this.dir, 'store');
  }

  get profileDir(): string {
    return join(this.sessionsDir, 'session-test');
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get bridge(): ChildProcess {
    if (this.#bridge === undefined) throw new Error('no bridge runs');
    return this.#bridge;
  }

  /** Starts a bridge and resolves when it listens. */
  async startBridge(options: WorldOptions = {}): Promise<void> {
    this.#bridge = this.spawnBridge(options);
    const line = /HTTP server listening on port (\d+) for send commands/;
    const port = await until('the port', () => this.log.map((text) => line.exec(text)?.[1]).find(Boolean));
    this.#port = Number(port);
  }

  spawnBridge({ browserPath = this.sandbox.wrapperPath, limits = {} }: WorldOptions): ChildProcess {
    const options = {
      secret: SECRET,
      session: 'test',
      sessionsDir: this.sessionsDir,
      storeDir: this.storeDir,
      browserPath,
      api: this.api.origin,
      limits: { ...LIMITS, ...limits },
    };
    this.log.length = 0;
    const child = spawn(process.execPath, [BRIDGE_PROCESS, JSON.stringify(options)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#bridges.add(child);
    child.once('exit', endWithTests(child));
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => this.log.push(line));
    }
    return child;
  }

  /** Ends the bridge by a signal; gives its exit code. */
  async stopBridge(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const { bridge } = this;
    if (bridge.exitCode === null && bridge.signalCode === null) {
      bridge.kill(signal);
      await once(bridge, 'exit');
    }
    return bridge.exitCode;
  }

  async call(
    method: 'GET' | 'POST',
    path: string,
    body?: unknown,
    headers = { [SECRET_HEADER]: SECRET },
  ): Promise<Answer> {
    const response = await fetch(`${this.origin}${path}`, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  }

  send(message: string, chatId = '15552220000@c.us', more: object = {}): Promise<Answer> {
    return this.call('POST', '/send', { chatId, message, ...more });
  }

  async health() {
    return bridgeHealthSchema.parse((await this.call('GET', '/health')).body);
  }

  async status(): Promise<BridgeStatus> {
    return bridgeStatusSchema.parse((await this.call('GET', '/status')).body);
  }

  untilState(state: SessionState): Promise<BridgeStatus> {
    const reached = async () => {
      const status = await this.status();
      return status.state === state && status;
    };
    return until(`state ${state}`, reached).catch(async (error: unknown) => {
      throw new Error(`${error}; the session is ${JSON.stringify(await this.status())}`);
    });
  }

  /** Resolves when the api has every event of what the bridge says of itself: its status is ahead of them. */
  async told(): Promise<void> {
    await until('the api to have all events', async () => (await this.status()).events_waiting === 0);
  }

  /** Resolves when the session is ready with another browser than the given one. */
  async untilReadyAgain(oldPid: number): Promise<BridgeStatus> {
    const isReadyAgain = async () => {
      const status = await this.status();
      return status.whatsapp_ready && status.browser_pid !== oldPid && status;
    };
    return until('ready with a new browser', isReadyAgain);
  }

  /** Starts a bridge and links the phone to it. */
  async link(options: WorldOptions = {}): Promise<BridgeStatus> {
    await this.startBridge(options);
    await this.untilState('qr');
    await this.phone('scan', {});
    return this.untilState('ready');
  }

  async phone(command: string, body: object): Promise<unknown> {
    const response = await fetch(`http://127.0.0.1:${this.sandbox.port}/sandbox/api/${command}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`the phone refused ${command}: ${JSON.stringify(answer)}`);
    return answer;
  }

  misbehave(kind: string, more: object = {}): Promise<unknown> {
    return this.phone('misbehave', { kind, ...more });
  }

  /** What the phone has got, as bodies. */
  received(): string[] {
    return [...this.sandbox.phone.state.messages.values()]
      .filter(({ origin }) => origin === 'kit')
      .map(({ body }) => String(body));
  }

  browsers(): number[] {
    return browsersOf(this.profileDir);
  }

  processes(): number[] {
    return browserTree(this.profileDir);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#bridge !== undefined) await this.stopBridge();
    // A test that failed may have left an earlier one.
    for (const child of this.#bridges) {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
    }
    await this.api.goDown();
    await this.sandbox.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** `page`: how the stand-in behaves; as `SANDBOX_PAGE` says unless given. */
export async function startWorld(page: PageSelection = pageUnderTest()): Promise<World> {
  const dir = mkdtempSync(join(tmpdir(), 'gatehouse-bridge-'));
  const sandbox = await startSandbox({
    host: '127.0.0.1',
    port: 0,
    webPort: 0,
    dataDir: dir,
    browser: BROWSER,
    autoLink: false,
    authorize: () => undefined,
    log: createLog('sandbox', 'error'),
    ...page,
  });
  return new World(dir, sandbox, await startFakeApi(SECRET));
}
