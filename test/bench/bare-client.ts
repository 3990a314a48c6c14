import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/**
 * One kept connection that sends a request and waits for its answer: no more than is needed to read our own answers, so
 * that the client costs next to nothing beside what is measured.
 */
export class BareClient implements Disposable {
  readonly #socket: Socket;
  #received = '';
  #settle: PromiseWithResolvers<string> | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true).setEncoding('latin1');
    socket.on('data', (text: string) => this.#take(text));
    socket.on('close', () => this.#settle?.reject(new Error('the connection has closed')));
  }

  static async connect(port: number): Promise<BareClient> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new BareClient(socket);
  }

  /** Gives the answer: its head and its body. Throws when its status is another. */
  async post(path: string, head: string, body: string, status: number): Promise<string> {
    this.#settle = Promise.withResolvers();
    this.#socket.write(
      `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${head}\r\n${body}`,
    );
    const answer = await this.#settle.promise;
    if (!answer.startsWith(`HTTP/1.1 ${status}`)) throw new Error(`POST ${path} was answered by ${answer}`);
    return answer;
  }

  [Symbol.dispose](): void {
    this.#settle = undefined;
    this.#socket.destroy();
  }

  #take(text: string): void {
    this.#received += text;
    const end = this.#received.indexOf('\r\n\r\n');
    if (end < 0) return;
    const length = Number(/^content-length: (\d+)/im.exec(this.#received)?.[1]);
    if (this.#received.length < end + 4 + length) return;
    const answer = this.#received;
    this.#received = '';
    this.#settle?.resolve(answer);
  }
}
