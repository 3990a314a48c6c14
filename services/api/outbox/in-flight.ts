import type { Lane, SlowLane } from './lanes.ts';
import { type Message, queueOf } from './message.ts';

const SLOW_LANES: readonly SlowLane[] = ['preview', 'upload'];
/** Each medium is in the memory of the api, of the bridge and of the page while it is uploaded. */
const MOST_UPLOADS = 4;

interface Call {
  readonly lane: Lane;
  readonly controller: AbortController;
  readonly done: Promise<void>;
}

/** The calls of the bridge that are in flight: at most one for each chat, and a limited number in each lane. */
export class InFlight {
  readonly #most: Readonly<Record<Lane, number>>;
  /** By the `seq` of the message. */
  readonly #calls = new Map<number, Call>();
  readonly #queues = new Set<string>();

  /** `concurrency` messages at a time in each lane, and fewer uploads. */
  constructor(concurrency: number) {
    const upload = Math.min(concurrency, MOST_UPLOADS);
    this.#most = { none: concurrency, preview: concurrency, upload };
  }

  get count(): number {
    return this.#calls.size;
  }

  /** The slow lanes in which nothing can begin. */
  get fullLanes(): readonly SlowLane[] {
    return SLOW_LANES.filter((lane) => !this.hasRoom(lane));
  }

  /** The `seq` of each message that the bridge may be preparing, which may take minutes. */
  get preparing(): readonly number[] {
    return [...this.#calls].flatMap(([seq, { lane }]) => (lane === 'none' ? [] : [seq]));
  }

  hasRoom(lane: Lane): boolean {
    const busy = [...this.#calls.values()].filter((call) => call.lane === lane);
    return busy.length < this.#most[lane];
  }

  /** Whether the message, or another one of its queue, is in flight. The key of a queue changes when two people are merged. */
  has({ seq, chatKey, chatId }: Pick<Message, 'seq' | 'chatKey' | 'chatId'>): boolean {
    return this.#calls.has(seq) || this.#queues.has(queueOf({ chatKey, chatId }));
  }

  /** Runs a call, which never rejects, and calls `ended` after it. */
  begin(
    { seq, chatKey, chatId }: Pick<Message, 'seq' | 'chatKey' | 'chatId'>,
    lane: Lane,
    call: (signal: AbortSignal) => Promise<void>,
    ended: () => void,
  ): void {
    const controller = new AbortController();
    const queue = queueOf({ chatKey, chatId });
    this.#queues.add(queue);
    const done = call(controller.signal).finally(() => {
      this.#queues.delete(queue);
      this.#calls.delete(seq);
      ended();
    });
    this.#calls.set(seq, { lane, controller, done });
  }

  /** Gives a call up. Its message may be sent all the same: a look or an acknowledgement corrects the status. */
  abort(seq: number): void {
    this.#calls.get(seq)?.controller.abort();
  }

  /** Resolves when every call that is in flight now has ended. */
  async idle(): Promise<void> {
    await Promise.all([...this.#calls.values()].map(({ done }) => done));
  }
}
