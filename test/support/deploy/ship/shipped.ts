import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { WebSocketServer } from 'ws';

/** The kit as a deploy sees it from outside, under whatever release is to answer; it passes `gatehouse smoke`. */
export async function startShipped(
  releaseOf: () => string,
  apiKey: string,
): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((request, response) => answer(request, response, releaseOf(), apiKey));
  const sockets = new WebSocketServer({ server, path: '/ws' });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function answer(request: IncomingMessage, response: ServerResponse, release: string, apiKey: string): void {
  const path = (request.url ?? '').split('?')[0];
  const json = (status: number, body: object) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  // Before its time, or a sick release.
  if (release === '' || release.startsWith('sick')) return void json(503, { status: 'unavailable', release });
  const hosts = request.rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host');
  // A leaky release takes what is hostile, which only a look from outside finds.
  const isHostile = hosts.length !== 1 || request.method === 'TRACE';
  if (isHostile && !release.startsWith('leaky')) return void json(400, { code: 'BAD_REQUEST' });
  if (path === '/health/live') return void json(200, { status: 'ok', release });
  if (path === '/health') return void json(200, { ...HEALTH, release });
  if (!['/api/whatsapp/status', '/api/events'].includes(path ?? ''))
    return void json(404, { code: 'NOT_FOUND' });
  if (request.headers['x-api-key'] !== apiKey && request.headers.authorization !== `Bearer ${apiKey}`)
    return void json(401, { code: 'UNAUTHORIZED' });
  if (path === '/api/whatsapp/status') return void json(200, {});
  response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hello\n\n');
}

const HEALTH = {
  status: 'ok',
  whatsapp_ready: false,
  whatsapp: { state: 'qr' },
  services: { api: { state: 'ready' } },
};
