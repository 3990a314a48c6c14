import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SECRET_HEADER } from '../../services/contract/internal.ts';
import { freePorts } from '../support/kit/kit.ts';
import { until } from '../support/until.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SECRET = 's9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a0';
/** As a line of a request's head. */
export const SECRET_LINE = `${SECRET_HEADER}: ${SECRET}\r\n`;

/** The api alone, as a process of its own, on a data folder; nobody listens where its bridge should be. */
export class ApiProcess implements AsyncDisposable {
  readonly port: number;
  readonly #child: ReturnType<typeof spawn>;
  readonly #agent: Agent;

  private constructor(child: ReturnType<typeof spawn>, port: number) {
    this.#child = child;
    this.port = port;
    this.#agent = new Agent({ keepAlive: true });
  }

  static async start(dataDir: string, variables: Record<string, string> = {}): Promise<ApiProcess> {
    const { API_PORT, WHATSAPP_BRIDGE_PORT } = await freePorts();
    const child = spawn(process.execPath, [join(ROOT, 'services/api/main.ts')], {
      cwd: dataDir,
      env: {
        PATH: process.env.PATH,
        NODE_COMPILE_CACHE: join(ROOT, 'node_modules/.cache/gatehouse'),
        DATA_DIR: dataDir,
        API_PORT: String(API_PORT),
        WHATSAPP_BRIDGE_PORT: String(WHATSAPP_BRIDGE_PORT),
        INTERNAL_SECRET: SECRET,
        PACING: 'off',
        OUTBOX_MAX_WAITING: '1000000',
        LOG_LEVEL: 'fatal',
        ...variables,
      },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const api = new ApiProcess(child, API_PORT);
    await until('the api is ready', async () => (await api.call('GET', '/internal/ready')).status === 200, {
      withinMs: 60_000,
    });
    return api;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** One exchange over a kept connection. */
  async call(
    method: string,
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; text: string }> {
    const response = await this.open(method, path, body, headers);
    let text = '';
    for await (const piece of response.setEncoding('utf8')) text += piece;
    return { status: response.statusCode ?? 0, text };
  }

  /** The answer as soon as its headers are there: for streams. */
  open(
    method: string,
    path: string,
    body?: object,
    headers: Record<string, string> = {},
    agent: Agent | false = this.#agent,
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const asked = request(
        {
          host: '127.0.0.1',
          port: this.port,
          method,
          path,
          agent,
          headers: { [SECRET_HEADER]: SECRET, 'content-type': 'application/json', ...headers },
        },
        resolve,
      );
      asked.on('error', reject);
      asked.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** The proportional memory of the process, in MB. Source: proc(5), `smaps_rollup`. */
  get pssMb(): number {
    const kilobytes = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.pid}/smaps_rollup`, 'utf8'))?.[1];
    return Number(kilobytes) / 1024;
  }

  /** kill -9: nothing is closed, nothing tidied up. */
  async kill(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy();
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.disconnect(); // As when its supervisor is gone: it closes in order.
    await ended;
  }
}
