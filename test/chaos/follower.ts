import { on, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { openEvents } from '../support/kit/events.ts';
import { fieldOf } from './call.ts';

const AGAIN_MS = 50;

interface Wish {
  readonly origin: string;
  readonly after: number;
  readonly signal: AbortSignal;
  readonly opened: () => void;
}

/** The numbers of the events behind one, as they come in, until the connection breaks or `signal` ends it. */
type Source = (wish: Wish) => AsyncGenerator<number>;

/** A reader of the event log that goes on behind the last event it has seen whenever its connection breaks. */
export class Follower implements AsyncDisposable {
  readonly name: string;
  /** The numbers of the events, as they came in. */
  readonly seqs: number[] = [];
  connections = 0;
  readonly #done: Promise<void>;
  readonly #closing = new AbortController();

  private constructor(name: string, source: Source, origin: string, after: number) {
    this.name = name;
    this.#done = this.#follow(source, origin, after);
  }

  /** `GET /api/events`, with `Last-Event-ID`. */
  static ofStream(origin: string, after: number): Follower {
    return new Follower('stream', readStream, origin, after);
  }

  /** `/ws`, with `?after=`. */
  static ofSocket(origin: string, after: number): Follower {
    return new Follower('socket', readSocket, origin, after);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#done;
  }

  async #follow(source: Source, origin: string, after: number): Promise<void> {
    const { signal } = this.#closing;
    const opened = () => {
      this.connections += 1;
    };
    while (!signal.aborted) {
      try {
        const last = this.seqs.at(-1) ?? after;
        for await (const seq of source({ origin, after: last, signal, opened })) this.seqs.push(seq);
      } catch {
        await sleep(AGAIN_MS); // Whatever broke, it comes back: that is its part in this.
      }
    }
  }
}

async function* readStream({ origin, after, signal, opened }: Wish): AsyncGenerator<number> {
  await using reader = await openEvents(origin, { 'last-event-id': String(after) });
  opened();
  signal.addEventListener('abort', () => void reader[Symbol.asyncDispose](), { once: true });
  while (!signal.aborted) yield (await reader.next(() => true)).seq;
}

async function* readSocket({ origin, after, signal, opened }: Wish): AsyncGenerator<number> {
  const socket = new WebSocket(`${origin.replace(/^http/, 'ws')}/ws?after=${after}`);
  try {
    const messages = on(socket, 'message', { close: ['close'], signal });
    await once(socket, 'open', { signal });
    opened();
    for await (const [data] of messages) yield Number(fieldOf(JSON.parse(String(data)), 'seq'));
  } finally {
    socket.on('error', () => undefined); // It is being ended before it was open.
    socket.terminate();
  }
}
