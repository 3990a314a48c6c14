import { randomUUID } from 'node:crypto';
import type { BridgeEvent } from '../../contract/events.ts';

interface Entry {
  /** The how many-th that ever arrived. */
  readonly number: number;
  readonly event: BridgeEvent;
  /** How many it stands for. */
  readonly count: number;
}

/** Events between their arrival and the disk, up to a number: then one `gap` event takes the place of the oldest. */
export class EventMemory {
  readonly #session: string;
  readonly #most: number;
  readonly #entries: Entry[] = [];
  readonly #waiters: { readonly number: number; resolve(): void }[] = [];
  #arrived = 0;
  /** So many of the oldest are on their way, and are not dropped. */
  #held = 0;

  constructor(session: string, most: number) {
    this.#session = session;
    this.#most = most;
  }

  get size(): number {
    return this.#entries.length;
  }

  /** Gives how many were dropped for it. */
  add(event: BridgeEvent): number {
    this.#arrived += 1;
    this.#entries.push({ number: this.#arrived, event, count: 1 });
    const excess = this.#entries.length - this.#most - this.#held;
    if (excess <= 0) return 0;
    const dropped = this.#entries.splice(this.#held, excess + 1);
    const count = dropped.reduce((sum, entry) => sum + entry.count, 0);
    const [oldest] = dropped;
    const isAlreadyGap = oldest !== undefined && oldest.count > 1;
    const key = isAlreadyGap ? oldest.event.key : `gap:memory:${randomUUID()}`;
    this.#entries.splice(this.#held, 0, {
      number: dropped.at(-1)?.number ?? this.#arrived,
      event: this.#gap(key, count),
      count,
    });
    return isAlreadyGap ? count - oldest.count : count;
  }

  /** Up to so many of the oldest; they stay until `release`. */
  hold(most: number): readonly BridgeEvent[] {
    const batch = this.#entries.slice(0, most);
    this.#held = batch.length;
    return batch.map(({ event }) => event);
  }

  /** Ends the hold: so many of the oldest leave. */
  release(leaving: number): void {
    this.#held = 0;
    this.#entries.splice(0, leaving);
    const oldest = this.#entries[0]?.number ?? this.#arrived + 1;
    while ((this.#waiters[0]?.number ?? oldest) < oldest) this.#waiters.shift()?.resolve();
  }

  /** Resolves when nothing is here of what has arrived up to now. */
  emptied(): Promise<void> {
    if (this.#entries.length === 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiters.push({ number: this.#arrived, resolve });
    return promise;
  }

  #gap(key: string, lost: number): BridgeEvent {
    const reason = 'the disk took no events while the api was away, and the oldest were dropped';
    const at = new Date().toISOString();
    return { session: this.#session, key, at, kind: 'gap', data: { lost, reason } };
  }
}
