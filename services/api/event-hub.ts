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

export interface EventReader {
  take(event: SequencedEvent): void;
  end(): void;
}

/** How many events a reader may have missed and still get. */
const KEPT = 10_000;

/** Takes the bridge's events, each once, and gives them to every reader, in order. */
export class EventHub {
  #kept: { key: string; event: SequencedEvent }[] = [];
  readonly #keys = new Set<string>();
  readonly #readers = new Set<EventReader>();
  #lastSeq = 0;

  /** Adds events that are not there yet. */
  add(events: readonly BridgeEvent[]): void {
    for (const { key, kind, ...rest } of events) {
      if (this.#keys.has(key)) continue; // The bridge repeats what it does not know to have arrived.
      this.#lastSeq += 1;
      const event = { seq: this.#lastSeq, type: kind, ...rest };
      this.#keys.add(key);
      this.#kept.push({ key, event });
      for (const reader of this.#readers) reader.take(event);
    }
    if (this.#kept.length < 2 * KEPT) return;
    for (const { key } of this.#kept.slice(0, -KEPT)) this.#keys.delete(key);
    this.#kept = this.#kept.slice(-KEPT);
  }

  /**
   * Gives a reader all that follows `after`, then every new event, until the returned function is called. Without
   * `after`, or with one from before a restart of the api, only what is new, or all that is kept.
   */
  subscribe(reader: EventReader, after?: number): () => void {
    if (after !== undefined) {
      const from = after > this.#lastSeq ? 0 : after;
      for (const { event } of this.#kept) if (event.seq > from) reader.take(event);
    }
    this.#readers.add(reader);
    return () => void this.#readers.delete(reader);
  }

  /** Ends every reader; they come back to the next api. */
  close(): void {
    for (const reader of this.#readers) reader.end();
    this.#readers.clear();
  }
}
