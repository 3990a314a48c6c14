import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { KitError } from '../contract/errors.ts';
import { SECRET_HEADER } from '../contract/internal.ts';
import { PROBLEM_TYPE, toProblem } from '../contract/problem.ts';
import { type SecretTest, secretTest } from '../runtime/http/internal-secret.ts';
import { createInternalServer } from '../runtime/http/internal-server.ts';
import { listen } from '../runtime/http/listen.ts';
import { HEALTH_KEPT_MS, keepLook } from '../runtime/kept-look.ts';
import { readHealth, type WatchedService } from './health.ts';

export interface ControlOptions {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  /** What runs, by the name that the deploy gave it; empty when nobody did. */
  readonly release: string;
  readonly services: readonly WatchedService[];
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/**
 * The control server: `GET /health`, the health tree, for the gate alone. 200 once the api is ready, 503 before. However
 * often it is asked, it looks at the services every HEALTH_KEPT_MS at most, and when one changes its state.
 */
export async function startControlServer({
  host,
  port,
  secret,
  release,
  services,
}: ControlOptions): Promise<Server> {
  const isSecret = secretTest(secret);
  const look = async (): Promise<Answer> => {
    const health = await readHealth(services, release);
    return { status: health.status === 'unavailable' ? 503 : 200, text: JSON.stringify(health) };
  };
  const stamp = () => services.map(({ state, restarts }) => `${state} ${restarts}`).join();
  const findHealth = keepLook(look, { keptMs: HEALTH_KEPT_MS, stamp });
  const server = createInternalServer((request, response) => {
    answer(request, isSecret, findHealth).then(
      ({ status, text }) => send(request, response, status, 'application/json', text),
      (error: unknown) => {
        const problem = toProblem(error);
        send(request, response, problem.status, PROBLEM_TYPE, JSON.stringify(problem));
      },
    );
  });
  await listen(server, port, host);
  return server;
}

async function answer(
  request: IncomingMessage,
  isSecret: SecretTest,
  findHealth: () => Promise<Answer>,
): Promise<Answer> {
  const given = request.headers[SECRET_HEADER];
  if (typeof given !== 'string' || !isSecret(given))
    throw new KitError('secret_missing', 'the control server answers the gate alone');
  if (request.method !== 'GET' && request.method !== 'HEAD')
    throw new KitError('method_refused', 'the health page takes GET and HEAD');
  const [path] = (request.url ?? '').split('?');
  if (path !== '/health') throw new KitError('not_found', 'the control server has /health only');
  return findHealth();
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  type: string,
  text: string,
): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  });
  response.end(request.method === 'HEAD' ? undefined : text);
}
