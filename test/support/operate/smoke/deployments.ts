import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { WebSocketServer } from 'ws';
import { route, startTestGate, startUpstream } from '../../gate/test-gate.ts';

export const KEY = 'a-key-of-the-smoke-tests-long-enough';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface Faults {
  /** What the gate says at /health/live, beside `status`. */
  readonly live?: object;
  /** By path, without the query: instead of what a good deployment answers. */
  readonly paths?: Readonly<Record<string, Handler>>;
  /** Routes beside those of the kit. */
  readonly routes?: readonly string[];
  readonly onUpgrade?: (server: Server) => void;
}

export interface Deployment extends AsyncDisposable {
  readonly origin: string;
  /** `METHOD /path` of all that came behind the gate. */
  readonly asked: readonly string[];
}

/** A deployment with the real gate, and behind it a small server that answers as the kit does, apart from its faults. */
export async function startDeployment(faults: Faults = {}): Promise<Deployment> {
  const asked: string[] = [];
  const paths: Readonly<Record<string, Handler>> = { ...GOOD, ...faults.paths };
  const upstream = await startUpstream((request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    asked.push(`${request.method} ${path}`);
    (paths[path] ?? unknown)(request, response);
  });
  if (faults.onUpgrade === undefined) new WebSocketServer({ server: upstream.server, path: '/ws' });
  else faults.onUpgrade(upstream.server);
  const prefixes = ['/api', '/health', ...(faults.routes ?? [])];
  const gate = await startTestGate(upstream, {
    deniedPrefixes: ['/internal', '/bridge', '/control'],
    live: () => ({ status: 'ok', ...faults.live }),
    routes: [
      ...prefixes.map((prefix) => route(upstream, { prefix, exact: prefix === '/health' })),
      route(upstream, { prefix: '/ws', upgrade: true }),
    ],
  });
  return {
    origin: gate.origin,
    asked,
    async [Symbol.asyncDispose]() {
      await gate[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
    },
  };
}

/** A server by itself, in place of a whole deployment. */
export async function startServer(listener: RequestListener): Promise<{ origin: string } & AsyncDisposable> {
  const server = await startUpstream(listener);
  return { ...server, origin: `http://127.0.0.1:${server.port}` };
}

export function json(status: number, body: unknown): Handler {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
}

export const HEALTH = {
  status: 'ok',
  whatsapp_ready: true,
  whatsapp: { state: 'ready' },
  services: { gate: { state: 'ready' }, api: { state: 'ready' } },
};

/** Runs the handler for those who have the key, or everybody where there is none. */
export function withKey(handler: Handler): Handler {
  return (request, response) =>
    request.headers['x-api-key'] === KEY
      ? handler(request, response)
      : json(401, { code: 'key_missing' })(request, response);
}

const unknown = json(404, { code: 'not_found' });

const GOOD: Readonly<Record<string, Handler>> = {
  '/health': json(200, HEALTH),
  '/api/whatsapp/status': withKey(json(200, { state: 'ready' })),
  '/api/events': withKey((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': events follow\n\n');
  }),
};
