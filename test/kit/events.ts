import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';

export interface StreamedEvent {
  readonly seq: number;
  readonly type: string;
  readonly data: Record<string, unknown>;
}

/** A reader of `GET /api/events`. */
export class EventReader implements AsyncDisposable {
  readonly #response: IncomingMessage;
  readonly #events: AsyncGenerator<StreamedEvent>;

  constructor(response: IncomingMessage) {
    this.#response = response;
    this.#events = parse(response);
  }

  /** The next event that fits; the test's own limit ends a wait in vain. */
  async next(fits: (event: StreamedEvent) => boolean): Promise<StreamedEvent> {
    for (;;) {
      const { value, done } = await this.#events.next();
      if (done) throw new Error('the event stream has ended');
      if (fits(value)) return value;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#response.destroy();
  }
}

export async function openEvents(origin: string, headers: Record<string, string> = {}): Promise<EventReader> {
  const [response]: IncomingMessage[] = await once(
    get(`${origin}/api/events`, { headers, agent: false }),
    'response',
  );
  if (response?.statusCode !== 200) throw new Error(`/api/events answered ${response?.statusCode}`);
  return new EventReader(response);
}

async function* parse(stream: IncomingMessage): AsyncGenerator<StreamedEvent> {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) {
    text += chunk;
    const frames = text.split('\n\n');
    text = frames.pop() ?? '';
    for (const frame of frames) {
      const data = /^data: (.*)$/m.exec(frame)?.[1];
      if (data !== undefined) yield JSON.parse(data);
    }
  }
}
