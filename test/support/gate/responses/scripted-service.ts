import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Bytes that a service answers a request with, in as many writes as there are parts, and what it does then. */
export interface Script {
  readonly parts: readonly Buffer[];
  /** `keep` takes the next request on the connection; `hang` keeps it open and does nothing more. */
  readonly end: 'keep' | 'close' | 'reset' | 'hang';
}

export interface ScriptedService extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
}

/** Between two writes, so that they arrive as two. */
const PAUSE_MS = 3;

/** A service on a bare socket. It answers each request, which has no body, with the script of its path. */
export async function startScripted(scriptOf: (path: string) => Script): Promise<ScriptedService> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    let received = '';
    socket.on('data', (bytes: Buffer) => {
      received += bytes.toString('latin1');
      if (!received.includes('\r\n\r\n')) return;
      const path = / (\S+) /.exec(received)?.[1] ?? '';
      received = '';
      void play(socket, scriptOf(path));
    });
    socket.on('end', () => socket.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the service has no port');
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

/** A script of one text (Latin-1), after which the service closes the connection. */
export function saying(...texts: readonly string[]): Script {
  return { parts: texts.map((text) => Buffer.from(text, 'latin1')), end: 'close' };
}

async function play(socket: Socket, { parts, end }: Script): Promise<void> {
  for (const [index, part] of parts.entries()) {
    if (index > 0) await sleep(PAUSE_MS);
    if (!socket.writable) return;
    socket.write(part);
  }
  if (end === 'close') socket.end();
  if (end !== 'reset') return;
  // Not before the last part has arrived: a reset may overtake it.
  await sleep(PAUSE_MS);
  socket.resetAndDestroy();
}
