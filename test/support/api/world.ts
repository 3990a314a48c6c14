import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type StartOptions, startApi } from '../../../services/api/api.ts';
import { SECRET_HEADER } from '../../../services/contract/internal.ts';
import { closeServer, listen } from '../../../services/runtime/http/listen.ts';
import { createLog } from '../../../services/runtime/log.ts';
import { freshSqlite } from './databases.ts';

export const SECRET = 's9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a0';

/** A limit of the product that must not fire in a test, however slow the machine is. */
export const AMPLE_MS = 60_000;

/** What a test may set otherwise than `DEFAULTS`. */
export type ApiSettings = Partial<Omit<StartOptions, 'host' | 'port' | 'secret' | 'log'>>;

/** Nothing is paced, what fails is tried again soon, and private addresses may be called: receivers are on this machine. */
export const DEFAULTS: Omit<StartOptions, 'host' | 'port' | 'secret' | 'log' | 'bridge' | 'openStore'> = {
  apiKeys: [],
  maxBodyBytes: 100_000,
  session: 'default',
  sendWaitMs: 1_000,
  store: { eventsKeepDays: 30, messagesKeepDays: 90, maxBytes: 2 * 1024 ** 3 },
  outbox: {
    ttlHours: 24,
    maxWaiting: 1_000,
    concurrency: 4,
    retryMs: 20,
    retryMaxMs: 100,
    mediaMaxBytes: 1024 ** 2,
    mediaStoreBytes: 1024 ** 3,
    bodyMemoryBytes: 64 * 1024 ** 2,
    mediaTypes: ['image/*', 'video/*', 'audio/*', 'application/*', 'text/*'],
    mediaFetchTimeoutMs: AMPLE_MS,
    ackTimeoutMs: AMPLE_MS,
  },
  pacing: {
    isOn: false,
    gapMs: 0,
    jitterMs: 0,
    perMinute: 1_000,
    firstContactsPerDay: 1_000,
    parkMinutes: 60,
  },
  webhooks: { most: 10, timeoutMs: AMPLE_MS, retryMs: 20, retryHours: 72, allowNetworks: ['127.0.0.0/8'] },
};

export type BridgeAnswers = (request: IncomingMessage, response: ServerResponse) => void;

/** The api as a server, before a bridge that behaves as the test says: the part of the world that breaks. */
export class ApiWorld implements AsyncDisposable {
  readonly logged: string[] = [];
  /** Every request that reached the bridge: method, path, body. */
  readonly asked: string[] = [];
  readonly #ends: (() => Promise<void>)[] = [];
  origin = '';

  async start(answer: BridgeAnswers | 'absent', settings: ApiSettings = {}): Promise<this> {
    const bridge = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      this.asked.push(`${request.method} ${request.url} ${Buffer.concat(chunks).toString('utf8')}`.trim());
      if (answer !== 'absent') answer(request, response);
    });
    const bridgePort = await listen(bridge, 0, '127.0.0.1');
    if (answer === 'absent') await closeServer(bridge, 0);
    else this.#ends.push(() => closeServer(bridge, 0));
    const api = await startApi({
      ...DEFAULTS,
      bridge: {
        host: '127.0.0.1',
        port: bridgePort,
        sendTimeoutMs: AMPLE_MS,
        uploadTimeoutMs: 0,
        callTimeoutMs: AMPLE_MS,
      },
      openStore: settings.openStore ?? (await freshSqlite()),
      ...settings,
      host: '127.0.0.1',
      port: 0,
      secret: SECRET,
      log: createLog('api', 'debug', { write: (line) => void this.logged.push(line) }),
    });
    this.origin = `http://127.0.0.1:${api.port}`;
    this.#ends.push(() => api.close(0));
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends.toReversed()) await end();
  }
}

/** The second argument: the API keys, or whatever else the api is to be set to. */
export function startWorld(
  answer: BridgeAnswers | 'absent',
  settings: readonly string[] | ApiSettings = {},
): Promise<ApiWorld> {
  return new ApiWorld().start(answer, isKeys(settings) ? { apiKeys: settings } : settings);
}

function isKeys(settings: readonly string[] | ApiSettings): settings is readonly string[] {
  return Array.isArray(settings);
}

/** The header that the gate adds. */
export const fromGate = { [SECRET_HEADER]: SECRET };

export function answerJson(status: number, body: object, type = 'application/json'): BridgeAnswers {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': type });
    response.end(JSON.stringify(body));
  };
}
