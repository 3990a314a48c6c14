import { isStorageError } from '../store/storage-errors.ts';
import type { EventLog } from './event-log.ts';
import type { EventFilter, LogPage, PageLimits } from './log-event.ts';

/** Where the events go: one connection. */
export interface EventSink {
  /** Whether it takes more now. When it does again, it calls `advance`. */
  readonly takesMore: boolean;
  deliver(page: LogPage): void;
  /** Nothing more comes: the log has closed, or reading it failed in a way that waiting does not mend. */
  end(error?: unknown): void;
}

/** Of one reader at once, in memory: those that do not read on must not cost much. */
const AT_ONCE: PageLimits = { events: 500, bytes: 64 * 1024 };
/** Of the first page from the database, which doubles with each one that the reader takes. */
const FIRST_PAGE: PageLimits = { events: 60, bytes: 8 * 1024 };

/**
 * Takes the log to one reader, from behind a number on, as fast as it reads: a slow one holds up nobody, and what it has
 * not read stays in the log. A database that is away is waited for.
 */
export class Follower {
  readonly #log: EventLog;
  readonly #filter: EventFilter;
  readonly #sink: EventSink;
  /** Whose turn it is when a page is read from the database. */
  readonly #client: string;
  readonly #unsubscribe: () => void;
  #after: number;
  #page = FIRST_PAGE;
  #isStopped = false;
  #isReading = false;
  #hasNews = false;

  constructor(log: EventLog, after: number, filter: EventFilter, sink: EventSink, client = '') {
    this.#log = log;
    this.#after = after;
    this.#filter = filter;
    this.#sink = sink;
    this.#client = client;
    this.#unsubscribe = log.onMore(this.advance);
  }

  /** There may be more, or the sink may take more; also to begin. */
  advance = (): void => {
    this.#hasNews = true;
    if (!this.#isReading) void this.#read();
  };

  stop(): void {
    this.#isStopped = true;
    this.#unsubscribe();
  }

  async #read(): Promise<void> {
    this.#isReading = true;
    try {
      while (this.#hasNews && !this.#isOver && this.#sink.takesMore) await this.#readPage();
    } catch (error) {
      this.#finish(error);
    } finally {
      this.#isReading = false;
    }
    if (this.#log.isClosed) this.#finish();
  }

  async #readPage(): Promise<void> {
    this.#hasNews = false;
    const recent = this.#log.recentPage(this.#after, this.#filter, AT_ONCE);
    try {
      const page = recent ?? (await this.#readLog());
      if (this.#isOver) return;
      this.#after = page.next;
      if (page.hasMore) this.#hasNews = true;
      if (page.events.length > 0) this.#sink.deliver(page);
    } catch (error) {
      if (!isStorageError(error)) throw error;
      // The log calls back when the store is back.
    }
  }

  async #readLog(): Promise<LogPage> {
    const { types, session } = this.#filter;
    const { events, bytes } = this.#page;
    const page = await this.#log.page(this.#after, types, events, {
      session,
      mostBytes: bytes,
      client: this.#client,
      isWanted: () => !this.#isOver,
    });
    this.#page = {
      events: Math.min(events * 2, AT_ONCE.events),
      bytes: Math.min(bytes * 2, AT_ONCE.bytes),
    };
    return page;
  }

  #finish(error?: unknown): void {
    if (this.#isStopped) return;
    this.stop();
    this.#sink.end(error);
  }

  get #isOver(): boolean {
    return this.#log.isClosed || this.#isStopped;
  }
}
