import { type EventFilter, fits, type LogEvent, type LogPage, type PageLimits } from './log-event.ts';

const MOST_EVENTS = 2_000;
const MOST_CHARACTERS = 4 * 1024 ** 2;
/** Pages kept for readers that ask the same: those that are up to date all do. */
const PAGES_KEPT = 16;

/** The newest events of the log, in memory: one read serves all readers that are up to date. */
export class RecentEvents {
  #events: LogEvent[] = [];
  #characters = 0;
  /** Everything behind this, up to `last`, is here. */
  #floor: number;
  #last: number;
  readonly #pages = new Map<string, LogPage>();

  /** `last`: the newest event when it begins. */
  constructor(last: number) {
    this.#floor = last;
    this.#last = last;
  }

  get last(): number {
    return this.#last;
  }

  /** `events` are all that followed, up to `last`. */
  add(events: readonly LogEvent[], last: number): void {
    this.#pages.clear();
    for (const event of events) {
      this.#events.push(event);
      this.#characters += event.json.length;
    }
    this.#last = last;
    if (this.#events.length > MOST_EVENTS || this.#characters > MOST_CHARACTERS) this.#forgetHalf();
  }

  /** The events behind `after`; undefined when that is not in memory. */
  page(after: number, filter: EventFilter, limits: PageLimits): LogPage | undefined {
    if (after < this.#floor || after > this.#last) return undefined;
    const key = `${after} ${limits.events} ${limits.bytes} ${filter.session ?? '*'} ${filter.types ?? '*'}`;
    const known = this.#pages.get(key);
    if (known !== undefined) return known;
    const page = this.#select(after, filter, limits);
    if (this.#pages.size >= PAGES_KEPT) this.#pages.clear();
    this.#pages.set(key, page);
    return page;
  }

  #select(after: number, filter: EventFilter, limits: PageLimits): LogPage {
    const events: LogEvent[] = [];
    let bytes = 0;
    for (let index = this.#indexBehind(after); index < this.#events.length; index += 1) {
      const event = this.#events[index];
      if (event === undefined || !fits(event, filter)) continue;
      if (events.length >= limits.events || bytes >= limits.bytes)
        return { events, next: events.at(-1)?.seq ?? after, hasMore: true };
      events.push(event);
      bytes += event.json.length;
    }
    return { events, next: this.#last, hasMore: false };
  }

  #indexBehind(after: number): number {
    let [low, high] = [0, this.#events.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#events[middle]?.seq ?? 0) > after) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #forgetHalf(): void {
    let count = 0;
    for (const event of this.#events) {
      const isLight = this.#characters <= MOST_CHARACTERS / 2;
      if (isLight && this.#events.length - count <= MOST_EVENTS / 2) break;
      this.#characters -= event.json.length;
      this.#floor = event.seq;
      count += 1;
    }
    this.#events = this.#events.slice(count);
  }
}
