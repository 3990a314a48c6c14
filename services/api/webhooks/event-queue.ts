import type { EventLog } from '../events/event-log.ts';
import type { LogEvent } from '../events/log-event.ts';

/** In memory at once: one page of the log, whose last event may be larger. */
const PAGE = { events: 20, bytes: 64 * 1024 };

/** The events that one webhook wants, one by one in their order. */
export class EventQueue {
  readonly #events: EventLog;
  readonly #reader: string;
  #types: readonly string[] | undefined;
  #cursor: number;
  #page: LogEvent[] = [];
  /** Where the cursor is once the page is through: further than its last event when nothing more was wanted. */
  #behindPage: number;

  /** `reader`: the webhook, which has its turns among all who read. */
  constructor(events: EventLog, cursor: number, types: readonly string[] | undefined, reader: string) {
    this.#events = events;
    this.#reader = reader;
    this.#types = types;
    this.#cursor = cursor;
    this.#behindPage = cursor;
  }

  /** Everything up to here is done with. */
  get cursor(): number {
    return this.#cursor;
  }

  /** The first one behind the cursor; it stays so until it is done with. */
  async next(): Promise<LogEvent | undefined> {
    if (this.#page.length === 0) {
      const filter = { types: this.#types, session: undefined };
      const page =
        this.#events.recentPage(this.#cursor, filter, PAGE) ??
        (await this.#events.page(this.#cursor, this.#types, PAGE.events, {
          mostBytes: PAGE.bytes,
          client: this.#reader,
        }));
      this.#page = [...page.events];
      // Never back: an empty log begins at 0.
      this.#behindPage = Math.max(page.next, this.#cursor);
      if (this.#page.length === 0) this.#cursor = this.#behindPage;
    }
    return this.#page[0];
  }

  /** The next one is. */
  done(): void {
    const event = this.#page.shift();
    if (event !== undefined) this.#cursor = this.#page.length === 0 ? this.#behindPage : event.seq;
  }

  /** From now on these are wanted, and what another api has done with is. */
  adjust(types: readonly string[] | undefined, cursor: number): void {
    const isSame = types?.join() === this.#types?.join();
    if (isSame && cursor <= this.#cursor) return;
    this.#types = types;
    this.#cursor = Math.max(cursor, this.#cursor);
    this.#behindPage = this.#cursor;
    this.#page = [];
  }
}
