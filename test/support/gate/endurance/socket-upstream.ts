import { createServer, type RequestListener } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { listenAsUpstream, type Upstream } from '../test-gate.ts';

/** An upstream whose WebSockets are taken by `onSocket`, and its requests by `onRequest`. */
export async function startSocketUpstream(
  onSocket: (socket: WebSocket, path: string) => void,
  onRequest: RequestListener = (_request, response) => response.writeHead(404).end(),
): Promise<Upstream & { readonly sockets: WebSocketServer }> {
  const server = createServer(onRequest);
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket, request) => {
    socket.on('error', () => socket.terminate());
    onSocket(socket, request.url ?? '');
  });
  const upstream = await listenAsUpstream(server);
  return {
    ...upstream,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets.clients) socket.terminate();
      await upstream[Symbol.asyncDispose]();
    },
  };
}

/** Sends each message back as it came. */
export function echoMessages(socket: WebSocket): void {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
}
