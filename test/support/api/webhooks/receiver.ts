import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import { closeServer, listen } from '../../../../services/runtime/http/listen.ts';
import { until } from '../../until.ts';

const bodySchema = z.object({
  type: z.string(),
  timestamp: z.string(),
  data: z.looseObject({ seq: z.number().optional() }),
});

export interface Received {
  readonly id: string;
  readonly type: string;
  /** -1 of a ping. */
  readonly seq: number;
  readonly data: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly headers: IncomingHttpHeaders;
  readonly at: number;
}

/** What a receiver answers to the n-th request, from 1 on; nothing at all leaves the request hanging. */
export type ReceiverAnswer = (event: Received, response: ServerResponse, n: number) => void;

/** A server that takes webhooks, as the test says. Unless told otherwise it answers 200. */
export class Receiver implements AsyncDisposable {
  /** Every request that came, whatever was answered. */
  readonly received: Received[] = [];
  /** How many connections were made. */
  connections = 0;
  answer: ReceiverAnswer = (_event, response) => void response.end('ok');
  readonly #server: Server;
  #port = 0;

  private constructor() {
    this.#server = createServer((request, response) => void this.#take(request, response));
    this.#server.on('connection', () => {
      this.connections += 1;
    });
  }

  static async start(answer?: ReceiverAnswer, port = 0, host = '127.0.0.1'): Promise<Receiver> {
    const receiver = new Receiver();
    if (answer !== undefined) receiver.answer = answer;
    receiver.#port = await listen(receiver.#server, port, host);
    return receiver;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return this.urlOf('127.0.0.1');
  }

  urlOf(host: string): string {
    return `http://${host}:${this.#port}/hook?token=hidden`;
  }

  get seqs(): number[] {
    return this.received.map(({ seq }) => seq);
  }

  /** The events in their order, each once. */
  get distinct(): number[] {
    return [...new Set(this.seqs)];
  }

  /** Waits until so many requests have come. */
  async has(count: number): Promise<void> {
    await until(`${count} requests have come`, () => this.received.length >= count, {
      more: () => `the last: ${this.seqs.slice(-20).join()}`,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closeServer(this.#server, 0);
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString('utf8');
    const { type, data } = bodySchema.parse(JSON.parse(text));
    const { headers } = request;
    const id = z.string().parse(headers['webhook-id']);
    const event = { id, type, seq: data.seq ?? -1, data, text, headers, at: Date.now() };
    this.received.push(event);
    this.answer(event, response, this.received.length);
  }
}

/** Whether the signature is one of this secret, as receivers verify it. */
export function isSignedBy(secret: string, { text, headers }: Received): boolean {
  const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];
  try {
    new Webhook(secret).verify(text, Object.fromEntries(names.map((name) => [name, String(headers[name])])));
    return true;
  } catch {
    return false; // WebhookVerificationError
  }
}

/** Answers with the status, and headers. */
export function withStatus(status: number, headers: Record<string, string> = {}): ReceiverAnswer {
  return (_event, response) => void response.writeHead(status, headers).end();
}

/** The first so many requests get the one, all others 200. */
export function first(count: number, answer: ReceiverAnswer): ReceiverAnswer {
  return (event, response, n) => (n <= count ? answer(event, response, n) : void response.end());
}
