import { createServer, type Socket } from 'node:net';

/** A TCP server on a port of its own. */
export interface TcpService extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
}

/** Starts a TCP server on loopback. Disposing destroys its connections. */
export async function startTcpService(onConnection: (socket: Socket) => void, port = 0): Promise<TcpService> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    onConnection(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the TCP server has no port');
  return {
    host: '127.0.0.1',
    port: address.port,
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      });
    },
  };
}
