import { lookup } from 'node:dns/promises';
import { FairQueue } from '../../runtime/fair-queue.ts';
import { type Address, noAnswer } from './dns-answer.ts';

interface Waiting {
  readonly name: string;
  readonly resolve: (addresses: readonly Address[]) => void;
  readonly reject: (error: unknown) => void;
  isOver: boolean;
}

/**
 * The system's own lookup (getaddrinfo: mDNS, modules of NSS), one name at a time. It takes a thread of the pool that
 * everything shares and cannot be canceled, so a name keeps its place until the system has answered. The purposes take turns.
 */
export class SystemLookup {
  readonly #ask: (name: string) => Promise<readonly Address[]>;
  readonly #queue = new FairQueue<Waiting>();
  #isBusy = false;

  constructor(ask = (name: string): Promise<readonly Address[]> => lookup(name, { all: true })) {
    this.#ask = ask;
  }

  /** Rejects after `withinMs`, also when its turn has not come. */
  async addressesOf(name: string, purpose: string, withinMs: number): Promise<readonly Address[]> {
    const { promise, resolve, reject } = Promise.withResolvers<readonly Address[]>();
    const waiting: Waiting = { name, resolve, reject, isOver: false };
    const late = setTimeout(() => {
      waiting.isOver = true;
      reject(noAnswer(name));
    }, withinMs);
    this.#queue.push(purpose, waiting);
    this.#next();
    try {
      return await promise;
    } finally {
      clearTimeout(late);
    }
  }

  #next(): void {
    if (this.#isBusy) return;
    let waiting = this.#queue.shift();
    while (waiting?.isOver) waiting = this.#queue.shift();
    if (waiting === undefined) return;
    this.#isBusy = true;
    const { name, resolve, reject } = waiting;
    void this.#ask(name)
      .then(resolve, reject)
      .finally(() => {
        this.#isBusy = false;
        this.#next();
      });
  }
}
