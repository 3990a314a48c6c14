import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A network between the store and its server, which can lose its connections or everything that is on its way. */
export class TcpProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  port = 0;
  /** Nothing passes any more, and nobody is told: as when a cable was pulled. */
  isSilent = false;
  /** Of what the client sends: whether the connection is cut, before it or once the server has it. */
  cut: (sent: Buffer) => 'before' | 'after' | undefined = () => undefined;

  private constructor(targetPort: number) {
    this.#server = createServer((client) => {
      const target = connect(targetPort, '127.0.0.1');
      for (const socket of [client, target]) {
        this.#sockets.add(socket);
        socket.on('error', () => socket.destroy()); // told by its end
        socket.on('close', () => {
          this.#sockets.delete(socket);
          if (this.isSilent) return;
          client.destroy();
          target.destroy();
        });
      }
      let isCut = false;
      client.on('data', (sent) => {
        if (this.isSilent) return;
        const when = this.cut(sent);
        if (when === 'before') client.destroy();
        else target.write(sent);
        if (when === 'after') isCut = true;
      });
      target.on('data', (answer) => {
        if (isCut) client.destroy();
        else if (!this.isSilent) client.write(answer);
      });
    });
  }

  static async start(targetPort: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(targetPort);
    await once(proxy.#server.listen(0, '127.0.0.1'), 'listening');
    const address = proxy.#server.address();
    if (typeof address === 'object' && address !== null) proxy.port = address.port;
    return proxy;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
