import { isStorageError } from '../store/storage-errors.ts';
import type { Store } from '../store/store.ts';
import type { EventFilter, LogPage, PageLimits } from './log-event.ts';
import { type LogBounds, readBounds, readPage } from './log-pages.ts';
import { OpenReaders } from './open-readers.ts';
import { RecentEvents } from './recent-events.ts';

/** How often it is looked for what other processes have appended. */
const POLL_MS = 1_000;
const EVERYTHING: EventFilter = { types: undefined, session: undefined };
const REFRESH: PageLimits = { events: 500, bytes: 256 * 1024 };
/** Further behind than this nobody reads from memory what was appended meanwhile. */
const FAR = 2_000;

export interface PageReader {
  /** Which clients take turns; this process itself unless given. */
  readonly client?: string;
  /** Whether the page is still wanted when its turn comes. */
  readonly isWanted?: () => boolean;
}

const NOTHING: Pick<LogPage, 'events' | 'hasMore'> = { events: [], hasMore: false };

/**
 * The append-only log of everything that happened, in the order of commit. Readers that are up to date are served from
 * memory, with one read for all of them. Readers that are behind read pages from the database, client by client in turn.
 */
export class EventLog {
  /** Those who hold a connection. */
  readonly readers: OpenReaders;
  readonly #store: Store;
  readonly #wakers = new Set<() => void>();
  #recent: RecentEvents | undefined;
  #poll: NodeJS.Timeout | undefined;
  #isLooking = false;
  #mustLookAgain = false;
  #wasAway = false;
  #isClosed = false;

  constructor(store: Store, readers = new OpenReaders()) {
    this.#store = store;
    this.readers = readers;
    store.onBack(() => {
      this.#wasAway = true;
      this.appended();
    });
  }

  get store(): Store {
    return this.#store;
  }

  /** Readers of a connection are sent away. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The number of the newest event; 0 when there is none. Throws what `Store.read` throws, as all that reads here. */
  async lastSeq(): Promise<number> {
    return (await this.bounds()).newest;
  }

  bounds(): Promise<LogBounds> {
    return this.#store.read(readBounds);
  }

  /**
   * Events behind `after`, as far as they are committed now. A number that was never given out is read as 0. A page that
   * is not wanted any more is empty.
   */
  async page(
    after: number,
    types: readonly string[] | undefined,
    limit: number,
    more: { session?: string | undefined; mostBytes?: number } & PageReader = {},
  ): Promise<LogPage> {
    const { session, mostBytes = Number.MAX_SAFE_INTEGER, client = '', isWanted } = more;
    const page = await this.#store.readInTurn(
      client,
      (db, dialect) => readPage(db, dialect, after, { types, session }, { events: limit, bytes: mostBytes }),
      isWanted,
    );
    return page ?? { ...NOTHING, next: after };
  }

  /** The same from memory, for those who wait for `onMore` anyway; undefined when it is not there. */
  recentPage(after: number, filter: EventFilter, limits: PageLimits): LogPage | undefined {
    return this.#recent?.page(after, filter, limits);
  }

  /** Something was appended, and committed: readers look again. */
  appended(): void {
    if (this.#wakers.size === 0) return;
    if (this.#isLooking) this.#mustLookAgain = true;
    else void this.#look();
  }

  /** Calls back whenever there may be more to read, or the log has closed, until the returned function is called. */
  onMore(wake: () => void): () => void {
    this.#wakers.add(wake);
    if (this.#poll === undefined && !this.#isClosed) {
      this.#poll = setInterval(() => this.appended(), POLL_MS);
      this.#poll.unref();
      this.appended();
    }
    return () => {
      this.#wakers.delete(wake);
      if (this.#wakers.size === 0) this.#rest();
    };
  }

  /** Ends every reader of a connection; they come back to the next api. Whoever else reads goes on. */
  dismissReaders(): void {
    this.#isClosed = true;
    this.#wakeAll();
  }

  close(): void {
    this.dismissReaders();
    this.#rest();
  }

  /** Brings the recent events up to date. The store logs its own failures and recovers by itself; the next poll tries again. */
  async #look(): Promise<void> {
    this.#isLooking = true;
    try {
      do {
        this.#mustLookAgain = false;
        await this.#catchUp();
      } while (this.#mustLookAgain);
    } catch (error) {
      if (!isStorageError(error) && !this.#isClosed) throw error;
      this.#wasAway = true;
    } finally {
      this.#isLooking = false;
    }
  }

  async #catchUp(): Promise<void> {
    const newest = await this.lastSeq();
    if (this.#poll === undefined) return;
    const recent = this.#recent;
    if (recent === undefined || newest < recent.last || newest - recent.last > FAR) {
      // The first look, a flood, or another database in the place of the one that was there.
      this.#recent = new RecentEvents(newest);
      this.#wakeAll();
      return;
    }
    for (let hasMore = newest > recent.last; hasMore; ) {
      const page = await this.#store.read((db, dialect) =>
        readPage(db, dialect, recent.last, EVERYTHING, REFRESH),
      );
      recent.add(page.events, page.next);
      hasMore = page.hasMore;
      this.#wakeAll();
    }
    if (this.#wasAway) this.#wakeAll();
  }

  #wakeAll(): void {
    this.#wasAway = false;
    for (const wake of this.#wakers) wake();
  }

  #rest(): void {
    clearInterval(this.#poll);
    this.#poll = undefined;
    this.#recent = undefined;
  }
}
