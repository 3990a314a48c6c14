import type { BridgeEvent } from '../../services/contract/events.ts';

export interface HeardEvent {
  /** By `performance.now()`. */
  readonly atMs: number;
  readonly event: BridgeEvent;
}

/** The events of the bridge, in the order in which they came. */
export class EventLog {
  readonly #heard: HeardEvent[] = [];
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  get count(): number {
    return this.#heard.length;
  }

  take(event: BridgeEvent): void {
    this.#heard.push({ atMs: this.#now(), event });
  }

  /** Of one kind, from a count of events on. */
  of<K extends BridgeEvent['kind']>(
    kind: K,
    since = 0,
  ): (HeardEvent & { event: Extract<BridgeEvent, { kind: K }> })[] {
    const isOfKind = (
      heard: HeardEvent,
    ): heard is HeardEvent & { event: Extract<BridgeEvent, { kind: K }> } => heard.event.kind === kind;
    return this.#heard.slice(since).filter(isOfKind);
  }
}
