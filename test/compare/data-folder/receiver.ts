import { createServer, type Server } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { fieldOf } from '../json.ts';

/** A delivery that came to the receiver. */
export interface Delivery {
  readonly seq: number;
  readonly isSigned: boolean;
}

/** A server that takes webhooks, and answers each with the status that `status` holds. */
export class Receiver implements AsyncDisposable {
  readonly deliveries: Delivery[] = [];
  status = 200;
  readonly #server: Server;
  readonly #secret: string;

  private constructor(secret: string) {
    this.#secret = secret;
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const text = Buffer.concat(chunks).toString('utf8');
      const seq = fieldOf(JSON.parse(text), 'data', 'seq');
      this.deliveries.push({
        seq: typeof seq === 'number' ? seq : -1,
        isSigned: this.#isSigned(text, request.headers),
      });
      response.writeHead(this.status).end();
    });
  }

  static async start(secret: string): Promise<Receiver> {
    const receiver = new Receiver(secret);
    await new Promise<void>((resolve) => receiver.#server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the receiver does not listen');
    return `http://127.0.0.1:${address.port}/hook`;
  }

  get seqs(): ReadonlySet<number> {
    return new Set(this.deliveries.map(({ seq }) => seq));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #isSigned(text: string, headers: Readonly<Record<string, string | string[] | undefined>>): boolean {
    const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];
    try {
      new Webhook(this.#secret).verify(
        text,
        Object.fromEntries(names.map((name) => [name, String(headers[name])])),
      );
      return true;
    } catch {
      return false; // WebhookVerificationError
    }
  }
}
