import type { BridgeEvent } from '../../services/contract/events.ts';

export interface HeardEvent {
  /** By `performance.now()`. */
  readonly atMs: number;
  readonly event: BridgeEvent;
}

/** The events of the bridge, in the order in which they came. */
export class EventLog {
  readonly #heard: HeardEvent[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  get count(): number {
    return this.#heard.length;
  }

  take(event: BridgeEvent): void {
    this.#heard.push({ atMs: this.#now(), event });
    for (const look of [...this.#waiting]) look();
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

  /** Resolves with what `find` gives as soon as it gives something, now or after an event. Rejects when the signal does. */
  next<T>(find: () => T | undefined, signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      const end = () => {
        this.#waiting.delete(look);
        signal.removeEventListener('abort', fail);
      };
      const fail = () => {
        end();
        reject(signal.reason);
      };
      const look = () => {
        const found = find();
        if (found === undefined) return;
        end();
        resolve(found);
      };
      if (signal.aborted) return fail();
      signal.addEventListener('abort', fail, { once: true });
      this.#waiting.add(look);
      look();
    });
  }
}
