import type { BridgeEvent } from '../contract/events.ts';

/** An event as readers get it. `seq` grows; it is what a reader gives back to go on where it stopped. */
export interface SequencedEvent {
  readonly seq: number;
  readonly type: BridgeEvent['kind'];
  readonly session: string;
  readonly whatsapp_id?: string;
  readonly at: string;
  readonly data: BridgeEvent['data'];
}

/** How many events are kept at least, for whoever comes back. */
const KEPT = 10_000;
/** A second has room for this many: numbers of a later start are always higher than all of an earlier one. */
const PER_SECOND = 1_000_000;

/** Takes the bridge's events, each once, and keeps them for readers, who come for them at their own pace. */
export class EventHub {
  #kept: { key: string; event: SequencedEvent }[] = [];
  readonly #keys = new Set<string>();
  readonly #wakers = new Set<() => void>();
  #lastSeq = Math.floor(Date.now() / 1000) * PER_SECOND;
  #isClosed = false;

  get lastSeq(): number {
    return this.#lastSeq;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Adds events that are not there yet, and wakes the readers. */
  add(events: readonly BridgeEvent[]): void {
    for (const { key: ownKey, kind, ...rest } of events) {
      const key = `${rest.session}/${ownKey}`;
      if (this.#keys.has(key)) continue; // The bridge repeats what it does not know to have arrived.
      this.#lastSeq += 1;
      this.#keys.add(key);
      this.#kept.push({ key, event: { seq: this.#lastSeq, type: kind, ...rest } });
    }
    if (this.#kept.length >= 2 * KEPT) {
      for (const { key } of this.#kept.slice(0, -KEPT)) this.#keys.delete(key);
      this.#kept = this.#kept.slice(-KEPT);
    }
    for (const wake of this.#wakers) wake();
  }

  /** The first event behind `after` that is still kept. */
  next(after: number): SequencedEvent | undefined {
    const first = this.#kept[0]?.event.seq ?? 0;
    // Numbers have no gaps while the hub lives, so the place is known.
    return this.#kept[Math.max(0, after + 1 - first)]?.event;
  }

  /** Calls back whenever there may be more to read, or the hub has closed, until the returned function is called. */
  onMore(wake: () => void): () => void {
    this.#wakers.add(wake);
    return () => void this.#wakers.delete(wake);
  }

  /** Ends every reader; they come back to the next api. */
  close(): void {
    this.#isClosed = true;
    for (const wake of this.#wakers) wake();
  }
}
