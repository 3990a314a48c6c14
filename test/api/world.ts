import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { startApi } from '../../services/api/api.ts';
import { SECRET_HEADER } from '../../services/contract/internal.ts';
import { closeServer, listen } from '../../services/runtime/listen.ts';
import { createLog } from '../../services/runtime/log.ts';

export const SECRET = 's'.repeat(64);

export type BridgeAnswers = (request: IncomingMessage, response: ServerResponse) => void;

/** The api as a server, before a bridge that behaves as the test says: the part of the world that breaks. */
export class ApiWorld implements AsyncDisposable {
  readonly logged: string[] = [];
  /** Every request that reached the bridge: method, path, body. */
  readonly asked: string[] = [];
  readonly #ends: (() => Promise<void>)[] = [];
  origin = '';

  async start(answer: BridgeAnswers | 'absent', apiKeys: readonly string[] = []): Promise<this> {
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
      host: '127.0.0.1',
      port: 0,
      secret: SECRET,
      apiKeys,
      maxBodyBytes: 100_000,
      bridge: { host: '127.0.0.1', port: bridgePort, sendTimeoutMs: 300, callTimeoutMs: 300 },
      log: createLog('api', 'debug', { write: (line) => void this.logged.push(line) }),
    });
    this.origin = `http://127.0.0.1:${api.port}`;
    this.#ends.push(() => api.close(0));
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends) await end();
  }
}

export function startWorld(
  answer: BridgeAnswers | 'absent',
  apiKeys: readonly string[] = [],
): Promise<ApiWorld> {
  return new ApiWorld().start(answer, apiKeys);
}

/** The header that the gate adds. */
export const fromGate = { [SECRET_HEADER]: SECRET };

export function answerJson(status: number, body: object, type = 'application/json'): BridgeAnswers {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': type });
    response.end(JSON.stringify(body));
  };
}
