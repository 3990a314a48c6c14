import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { KitError } from '../contract/errors.ts';
import { SECRET_HEADER } from '../contract/internal.ts';
import { PROBLEM_TYPE, toProblem } from '../contract/problem.ts';
import { type SecretTest, secretTest } from '../runtime/http/internal-secret.ts';
import { createInternalServer } from '../runtime/http/internal-server.ts';
import { listen } from '../runtime/http/listen.ts';
import { readHealth } from './health.ts';
import type { Service } from './processes/service.ts';

export interface ControlOptions {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  /** What runs, by the name that the deploy gave it; empty when nobody did. */
  readonly release: string;
  readonly services: readonly Service[];
}

/** The control server: `GET /health`, the health tree, for the gate alone. 200 once the api is ready, 503 before. */
export async function startControlServer(options: ControlOptions): Promise<Server> {
  const isSecret = secretTest(options.secret);
  const server = createInternalServer((request, response) => {
    answer(request, options, isSecret).then(
      ({ status, body }) => send(request, response, status, 'application/json', body),
      (error: unknown) => {
        const problem = toProblem(error);
        send(request, response, problem.status, PROBLEM_TYPE, problem);
      },
    );
  });
  await listen(server, options.port, options.host);
  return server;
}

async function answer(
  request: IncomingMessage,
  { services, release }: ControlOptions,
  isSecret: SecretTest,
): Promise<{ status: number; body: object }> {
  const given = request.headers[SECRET_HEADER];
  if (typeof given !== 'string' || !isSecret(given))
    throw new KitError('secret_missing', 'the control server answers the gate alone');
  if (request.method !== 'GET' && request.method !== 'HEAD')
    throw new KitError('method_refused', 'the health page takes GET and HEAD');
  const [path] = (request.url ?? '').split('?');
  if (path !== '/health') throw new KitError('not_found', 'the control server has /health only');
  const health = await readHealth(services, release);
  return { status: health.status === 'unavailable' ? 503 : 200, body: health };
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  type: string,
  body: object,
): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  });
  response.end(request.method === 'HEAD' ? undefined : text);
}
