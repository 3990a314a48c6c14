import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const PAUSE_MS = 20;

export interface LoadOptions {
  /** A connection that is kept (default), or a new one for each request. */
  readonly keepAlive?: boolean;
  /** Up to so long a client waits between two requests. */
  readonly pauseMs?: number;
  /**
   * Asks again, as clients do, where the other end has closed a connection that was idle: nginx does so at once when it is
   * told to leave. What is sent has a key.
   */
  readonly asksAgain?: boolean;
  /** With each request: a key. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request with what became of it. Times as of `performance.now()`. */
export interface Exchange {
  /** Counts from 0. */
  readonly client: number;
  readonly method: 'GET' | 'POST';
  readonly startedMs: number;
  readonly endedMs: number;
  /** 0 when the connection was refused or broke. */
  readonly status: number;
  readonly answer: string;
  /** Of a POST: its idempotency key, and what its message says behind `load `. */
  readonly key?: string;
}

/** Clients who ask and send without end, each over a connection that it keeps or over new ones, every other request a POST with a key. */
export class Load implements AsyncDisposable {
  readonly exchanges: Exchange[] = [];
  readonly #origin: string;
  readonly #agent: Agent;
  readonly #pauseMs: number;
  readonly #asksAgain: boolean;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #clients: Promise<void>[];
  #isOver = false;

  constructor(
    origin: string,
    clients: number,
    { keepAlive = true, pauseMs = PAUSE_MS, asksAgain = false, headers = {} }: LoadOptions = {},
  ) {
    this.#pauseMs = pauseMs;
    this.#asksAgain = asksAgain;
    this.#headers = headers;
    this.#origin = origin;
    this.#agent = new Agent({ keepAlive, maxSockets: clients });
    this.#clients = Array.from({ length: clients }, (_, name) =>
      this.#beClient(keepAlive ? `kept ${name}` : `new ${name}`, name),
    );
  }

  /** The number of clients of which a request has ended that began after a moment. */
  servedSince(momentMs: number): number {
    return new Set(this.since(momentMs).map(({ client }) => client)).size;
  }

  /** Those that began after a moment. */
  since(momentMs: number): Exchange[] {
    return this.exchanges.filter(({ startedMs }) => startedMs > momentMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients);
    this.#agent.destroy();
  }

  async #beClient(name: string, client: number): Promise<void> {
    for (let turn = 0; !this.#isOver; turn += 1) {
      this.exchanges.push(
        (client + turn) % 2 === 0
          ? await this.#ask(client, 'GET', '/api/whatsapp/status')
          : await this.#ask(client, 'POST', '/api/whatsapp/send', `${name}-${turn}`),
      );
      await sleep(Math.random() * this.#pauseMs);
    }
  }

  #ask(client: number, method: Exchange['method'], path: string, key?: string): Promise<Exchange> {
    const startedMs = performance.now();
    return new Promise((resolve) => {
      const settle = (status: number, answer: string) =>
        resolve({
          client,
          method,
          startedMs,
          endedMs: performance.now(),
          status,
          answer,
          ...(key === undefined ? {} : { key }),
        });
      const headers =
        key === undefined
          ? this.#headers
          : {
              ...this.#headers,
              'content-type': 'application/json',
              prefer: 'respond-async',
              'idempotency-key': key,
            };
      const asked = request(`${this.#origin}${path}`, { method, agent: this.#agent, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (piece: string) => {
          text += piece;
        });
        response.on('end', () => settle(response.statusCode ?? 0, text));
        response.on('error', (error) => settle(0, String(error)));
      });
      asked.on('error', (error) => {
        if (this.#asksAgain && asked.reusedSocket) resolve(this.#ask(client, method, path, key));
        else settle(0, String(error));
      });
      asked.end(
        key === undefined ? undefined : JSON.stringify({ chat_id: '15551234567', message: `load ${key}` }),
      );
    });
  }
}
