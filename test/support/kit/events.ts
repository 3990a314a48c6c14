import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';

export interface StreamedEvent {
  readonly seq: number;
  readonly type: string;
  readonly session: string;
  readonly whatsapp_id?: string;
  readonly at: string;
  readonly data: Record<string, unknown>;
}

/** A reader of `GET /api/events`. Until it is asked for events it does not read, as one that hangs. */
export class EventReader implements AsyncDisposable {
  readonly response: IncomingMessage;
  /** What came that is no event: comments, `retry`. */
  readonly asides: string[] = [];
  readonly #events: AsyncGenerator<StreamedEvent>;

  constructor(response: IncomingMessage) {
    this.response = response;
    this.#events = this.#parse(response);
  }

  /** The next event that fits; the test's own limit ends a wait in vain. */
  async next(fits: (event: StreamedEvent) => boolean = () => true): Promise<StreamedEvent> {
    for (;;) {
      const { value, done } = await this.#events.next();
      if (done) throw new Error('the event stream has ended');
      if (fits(value)) return value;
    }
  }

  async take(count: number): Promise<StreamedEvent[]> {
    const events: StreamedEvent[] = [];
    while (events.length < count) events.push(await this.next());
    return events;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.response.destroy();
  }

  async *#parse(stream: IncomingMessage): AsyncGenerator<StreamedEvent> {
    let text = '';
    for await (const chunk of stream.setEncoding('utf8')) {
      text += chunk;
      const frames = text.split('\n\n');
      text = frames.pop() ?? '';
      for (const frame of frames) {
        const data = /^data: (.*)$/m.exec(frame)?.[1];
        if (data === undefined) this.asides.push(frame);
        else yield JSON.parse(data);
      }
    }
  }
}

/** `query` begins with a question mark. */
export async function openEvents(
  origin: string,
  headers: Record<string, string> = {},
  query = '',
): Promise<EventReader> {
  const [response]: IncomingMessage[] = await once(
    get(`${origin}/api/events${query}`, { headers, agent: false }),
    'response',
  );
  if (response?.statusCode !== 200) throw new Error(`/api/events answered ${response?.statusCode}`);
  return new EventReader(response);
}

/** A reader of `/ws`. */
export class SocketReader implements AsyncDisposable {
  readonly socket: WebSocket;
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #events: StreamedEvent[] = [];
  #wake: () => void = () => undefined;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data, isBinary) => {
      if (isBinary) throw new Error('a binary message');
      this.#events.push(JSON.parse(String(data)));
      this.#wake();
    });
    this.closed = new Promise((resolve) =>
      socket.on('close', (code, reason) => {
        resolve({ code, reason: reason.toString() });
        this.#wake();
      }),
    );
  }

  async next(): Promise<StreamedEvent> {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) return event;
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error('the WebSocket is closed');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async take(count: number): Promise<StreamedEvent[]> {
    const events: StreamedEvent[] = [];
    while (events.length < count) events.push(await this.next());
    return events;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.terminate();
    await this.closed;
  }
}

/** Rejects with what was answered instead of an upgrade: `{ status, headers, body }`. */
export function openSocket(
  origin: string,
  query = '',
  headers: Record<string, string> = {},
  protocols: string[] = [],
): Promise<SocketReader> {
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/ws${query}`, protocols, { headers });
  const reader = new SocketReader(socket);
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(reader));
    socket.once('error', reject);
    socket.once('unexpected-response', async (_request, response: IncomingMessage) => {
      let text = '';
      for await (const piece of response.setEncoding('utf8')) text += piece;
      reject(new UpgradeRefused(response.statusCode ?? 0, response.headers, text));
    });
  });
}

/** The answer to an upgrade that was not granted. */
export class UpgradeRefused extends Error {
  override readonly name = 'UpgradeRefused';
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly code: string;

  constructor(status: number, headers: IncomingMessage['headers'], body: string) {
    super(`the upgrade was answered with ${status}: ${body}`);
    this.status = status;
    this.headers = headers;
    this.code = JSON.parse(body).code;
  }
}
