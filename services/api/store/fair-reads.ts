import { FairQueue } from '../../runtime/fair-queue.ts';

interface Waiting {
  /** Never rejects. */
  readonly read: () => Promise<void>;
  readonly drop: () => void;
  readonly isWanted: () => boolean;
}

/** A read that waits for a network must not keep all others waiting as long again. */
const MOST_REST_MS = 100;

/**
 * Reads of many rows, which may wait: few at once, clients in turn, and after each a rest as long as the read took. SQLite
 * reads in the thread that does everything else, so sends have at least half of the time however many clients read.
 */
export class FairReads {
  readonly #queue = new FairQueue<Waiting>();
  readonly #atOnce: () => number;
  #running = 0;

  /** How many reads may run, and rest, at once. */
  constructor(atOnce: () => number) {
    this.#atOnce = atOnce;
  }

  /** Gives undefined, without a read, when it is not wanted any more when its turn comes. */
  run<T>(client: string, read: () => Promise<T>, isWanted = () => true): Promise<T | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<T | undefined>();
    this.#queue.push(client, {
      read: () => read().then(resolve, reject),
      drop: () => resolve(undefined),
      isWanted,
    });
    this.#next();
    return promise;
  }

  #next(): void {
    while (this.#running < this.#atOnce()) {
      const waiting = this.#queue.shift();
      if (waiting === undefined) return;
      if (waiting.isWanted()) void this.#read(waiting);
      else waiting.drop();
    }
  }

  async #read({ read }: Waiting): Promise<void> {
    this.#running += 1;
    const begunAt = performance.now();
    await read();
    // By then the reader has written its page to its connection, which is part of the cost.
    setImmediate(() => {
      const tookMs = performance.now() - begunAt;
      setTimeout(() => this.#rested(), Math.min(Math.ceil(tookMs), MOST_REST_MS));
    });
  }

  #rested(): void {
    this.#running -= 1;
    this.#next();
  }
}
