import { randomUUID } from 'node:crypto';
import type { BridgeEvent } from '../../contract/events.ts';

interface Entry {
  /** The how many-th that ever arrived. */
  readonly number: number;
  readonly event: BridgeEvent;
  /** How many it stands for. */
  readonly count: number;
}

/** Events between their arrival and the disk, up to a number: then a `gap` event takes the place of the oldest of an account. */
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
    let lost = 0;
    for (let at = this.#held; at < this.#entries.length && this.#excess > 0; at += 1) lost += this.#merge(at);
    return lost;
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

  get #excess(): number {
    return this.#entries.length - this.#most - this.#held;
  }

  /** Makes one gap of the entry there and of those that follow and are of the same account. Gives how many events are newly lost. */
  #merge(at: number): number {
    const account = this.#entries[at]?.event.account;
    const others = this.#entries.slice(at).findIndex(({ event }) => event.account !== account);
    const dropped = this.#entries.slice(at, at + Math.min(others < 0 ? Infinity : others, this.#excess + 1));
    const [oldest, ...more] = dropped;
    const last = more.at(-1);
    if (oldest === undefined || last === undefined) return 0;
    const count = dropped.reduce((sum, entry) => sum + entry.count, 0);
    const key = oldest.count > 1 ? oldest.event.key : `gap:memory:${randomUUID()}`;
    const event = this.#gap(key, count, account);
    this.#entries.splice(at, dropped.length, { number: last.number, event, count });
    return dropped.reduce((sum, entry) => sum + (entry.count > 1 ? 0 : 1), 0);
  }

  #gap(key: string, lost: number, account: string | undefined): BridgeEvent {
    const reason = 'the disk took no events while the api was away, and the oldest were dropped';
    const at = new Date().toISOString();
    const head = { session: this.#session, key, at, ...(account === undefined ? {} : { account }) };
    return { ...head, kind: 'gap', data: { lost, reason } };
  }
}
