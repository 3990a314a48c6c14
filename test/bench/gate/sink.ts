import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { Measured } from './process.ts';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

/** Reads requests with and without a body as fast as Node can, answers each with 200 when it is whole, and counts bytes. */
export class UploadSink implements Measured, AsyncDisposable {
  readonly name = 'no proxy';
  readonly port: number;
  /** It runs in the process that measures. */
  readonly cpuSeconds = Number.NaN;
  bytesRead = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
    server.on('connection', (socket) => this.#serve(socket));
  }

  static async start(): Promise<UploadSink> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return new UploadSink(server, typeof address === 'object' && address !== null ? address.port : 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close');
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
    let head = '';
    let bodyLeft = 0;
    socket.on('data', (chunk: Buffer) => {
      this.bytesRead += chunk.length;
      if (bodyLeft > 0) bodyLeft -= chunk.length;
      else {
        head += chunk.toString('latin1');
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        bodyLeft =
          Number(/^content-length: (\d+)/im.exec(head.slice(0, end))?.[1] ?? 0) - (head.length - end - 4);
        head = '';
      }
      if (bodyLeft === 0) socket.write(OK);
    });
  }
}
