import { setTimeout as wait } from 'node:timers/promises';
import { errorText, KitError } from '../../contract/errors.ts';
import { type BridgeEvent, MOST_EVENTS_AT_ONCE } from '../../contract/events.ts';
import { backoffMs } from '../../runtime/backoff.ts';
import type { Origin } from '../../runtime/http/internal-call.ts';
import type { Log } from '../../runtime/log.ts';
import { EventMemory } from './event-memory.ts';
import { EventPost, type PostOutcome } from './event-post.ts';
import { Spool } from './spool.ts';

/** Room in each batch for QR codes. */
const MOST_CODES = 5;
/** Between two posts in a row: a burst goes in few pieces, while a lone event goes at once. */
const POST_GATHER_MS = 50;
/** One fsync serves all events of this time. */
const KEEP_GATHER_MS = 3;
const MOST_KEPT_AT_ONCE = 500;
const POST_PAUSES = { firstMs: 100, mostMs: 5_000 };
const DISK_PAUSES = { firstMs: 250, mostMs: 5_000 };
const DEFAULT_MOST_WAITING = 10_000;

export interface EventSenderOptions {
  readonly api: Origin;
  readonly secret: string;
  readonly session: string;
  /** Where events are kept until the api has taken them. */
  readonly spoolDir: string;
  readonly spoolMaxBytes: number;
  readonly log: Log;
  /** Most events in memory, while the disk takes none. */
  readonly mostInMemory?: number;
  /** Told of events that are safe: on disk, or with the api. */
  onKept?(events: readonly BridgeEvent[]): void;
  /** Told why events are not on disk, and undefined when they are again. */
  onTrouble?(reason: string | undefined): void;
}

/**
 * Carries events to the api in the order in which it takes them: to disk first (`spool.ts`), then posted until the api
 * has said 2xx, over restarts of either side; a repetition is told by the event's key. While the disk takes none they
 * are posted from memory. A QR code is a secret of a minute: it never touches the disk, and is posted once or dropped.
 */
export class EventSender {
  readonly #options: EventSenderOptions;
  readonly #post: EventPost;
  readonly #memory: EventMemory;
  readonly #closed = new AbortController();
  #spool: Spool | undefined;
  #trouble: string | undefined;
  /** QR codes on their way. */
  #codes: BridgeEvent[] = [];
  #keeping: Promise<void> | undefined;
  #posting: Promise<void> | undefined;
  /** What takes events out of memory, one after the other: the disk, or the api while the disk does not. */
  #turn: Promise<unknown> = Promise.resolve();
  #mustLook = false;
  #isClosing = false;
  #nextPostAt = 0;
  /** So many posts are made with one event each: one of them is wrong, and the others must not share its fate. */
  #singly = 0;

  constructor(options: EventSenderOptions) {
    this.#options = options;
    this.#post = new EventPost(options.api, options.secret, options.log);
    this.#memory = new EventMemory(options.session, options.mostInMemory ?? DEFAULT_MOST_WAITING);
    // At once: an earlier process may have left events.
    this.#startKeeping();
  }

  /** Events that the api has not taken. */
  get waiting(): number {
    return this.#memory.size + (this.#spool?.waiting ?? 0);
  }

  /** Resolves when all that was taken up to now is safe: on disk, or with the api. */
  kept(): Promise<void> {
    return this.#memory.emptied();
  }

  take(event: BridgeEvent): void {
    if (event.kind === 'qr') {
      this.#codes = [...this.#codes, event].slice(-MOST_CODES);
      this.#startPosting();
      return;
    }
    const dropped = this.#memory.add(event);
    if (dropped > 0) this.#options.log.error(`${dropped} events were dropped from memory, the oldest first`);
    this.#startKeeping();
    if (this.#trouble !== undefined) this.#startPosting();
  }

  /** Waits up to `ms` for the api to take the rest; what it does not is on disk, for the next start. */
  async close(ms: number): Promise<void> {
    this.#isClosing = true;
    const timer = setTimeout(() => this.#closed.abort(), ms);
    while (this.#keeping !== undefined || this.#posting !== undefined)
      await Promise.all([this.#keeping, this.#posting]);
    clearTimeout(timer);
    this.#closed.abort();
    this.#post.close();
    await this.#spool?.close().catch((error: unknown) => this.#options.log.warn(errorText(error)));
    const { size } = this.#memory;
    if (this.waiting > size) this.#options.log.info(`${this.waiting - size} events wait on disk for the api`);
    if (size > 0) this.#options.log.error(`${size} events reached neither the disk nor the api`);
  }

  #startKeeping(): void {
    if (this.#keeping !== undefined || this.#closed.signal.aborted) return;
    this.#keeping = this.#keepAll();
  }

  async #keepAll(): Promise<void> {
    for (let failures = 0; ; ) {
      await this.#pause(failures === 0 ? KEEP_GATHER_MS : backoffMs(failures, DISK_PAUSES));
      failures = (await this.#inTurn(() => this.#keepSome())) ? 0 : failures + 1;
      this.#startPosting();
      if (failures === 0 ? this.#memory.size === 0 : this.#isClosing) break;
    }
    // In the same step as the look at the memory: an event taken in between would wait for the next one.
    this.#keeping = undefined;
  }

  /** From memory to disk; false when the disk refuses. */
  async #keepSome(): Promise<boolean> {
    const { spoolDir: dir, spoolMaxBytes: maxBytes, session, log } = this.#options;
    const events = this.#memory.hold(MOST_KEPT_AT_ONCE);
    try {
      this.#spool ??= await Spool.open({ dir, maxBytes, session, log });
      if (events.length > 0) await this.#spool.append(events);
    } catch (error) {
      this.#memory.release(0);
      this.#setTrouble(error);
      return false;
    }
    this.#leave(events);
    this.#setTrouble(undefined);
    return true;
  }

  #startPosting(): void {
    this.#mustLook = true;
    if (this.#posting !== undefined || this.#closed.signal.aborted) return;
    this.#posting = this.#postAll();
  }

  async #postAll(): Promise<void> {
    for (let failures = 0; !this.#closed.signal.aborted; ) {
      await this.#pause(this.#nextPostAt - performance.now());
      this.#mustLook = false;
      const outcome = await this.#postSome();
      if (outcome === undefined && !this.#mustLook) break;
      failures = outcome === 'failed' ? failures + 1 : 0;
      if (failures > 0) await this.#pause(backoffMs(failures, POST_PAUSES));
    }
    // In the same step as the look for more, as above.
    this.#posting = undefined;
  }

  /** Posts the oldest; undefined when there are none. */
  async #postSome(): Promise<PostOutcome | undefined> {
    const most = this.#singly > 0 ? 1 : MOST_EVENTS_AT_ONCE - MOST_CODES;
    const spool = this.#spool;
    let isReadable = true;
    const spooled = await spool?.peek(most).catch((error: unknown) => {
      isReadable = false;
      this.#setTrouble(error);
    });
    if (spool !== undefined && spooled) return this.#postBatch(spooled.events, () => spool.commit(spooled));
    if (this.#trouble !== undefined && this.#memory.size > 0) {
      return this.#inTurn(async () => {
        // The disk may have taken them while this waited for its turn: then they are looked for there.
        if (this.#trouble === undefined) return 'taken';
        const events = this.#memory.hold(most);
        const outcome = await this.#postBatch(events, async () => this.#leave(events));
        this.#memory.release(0);
        return outcome;
      });
    }
    if (this.#codes.length > 0) return this.#postBatch([], async () => undefined);
    return isReadable ? undefined : 'failed';
  }

  /** Posts a batch, with QR codes if there are any; `done` is called when the events are dealt with. */
  async #postBatch(batch: readonly BridgeEvent[], done: () => Promise<void>): Promise<PostOutcome> {
    const events = [...batch, ...this.#codes];
    this.#codes = [];
    const outcome = await this.#post.post(events, this.#closed.signal);
    // A full batch has nothing to wait for.
    this.#nextPostAt =
      batch.length >= MOST_EVENTS_AT_ONCE - MOST_CODES || this.#singly > 0
        ? 0
        : performance.now() + POST_GATHER_MS;
    if (outcome === 'failed') return outcome;
    const isLost = outcome === 'refused' && events.length === 1;
    if (outcome === 'refused' && !isLost) {
      this.#singly = batch.length;
      return outcome;
    }
    if (isLost) this.#post.tellLost(events);
    this.#singly = isLost ? 0 : Math.max(0, this.#singly - batch.length);
    await done().catch((error: unknown) =>
      this.#options.log.warn(`what the api took may be posted again: ${errorText(error)}`),
    );
    return 'taken';
  }

  #leave(events: readonly BridgeEvent[]): void {
    this.#memory.release(events.length);
    this.#options.onKept?.(events);
  }

  #setTrouble(error: unknown): void {
    const { log, onTrouble } = this.#options;
    const reason = error === undefined ? undefined : `events are not kept on disk: ${shortText(error)}`;
    const before = this.#trouble;
    this.#trouble = reason;
    if (reason === before) return;
    if (reason === undefined) log.info('events are kept on disk again');
    else log.error({ err: error }, `${reason}; they wait in memory`);
    onTrouble?.(reason);
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(act);
    this.#turn = done.catch(() => 'the next has its turn all the same');
    return done;
  }

  async #pause(ms: number): Promise<void> {
    if (ms <= 0) return;
    await wait(ms, undefined, { signal: this.#closed.signal }).catch(() => 'closed');
  }
}

/** Without the paths that the system's errors name: this is for clients too. */
function shortText(error: unknown): string {
  const text = errorText(error);
  if (error instanceof KitError) return 'another process has the spool';
  return error instanceof Error && 'syscall' in error ? (text.split(',')[0] ?? text) : text;
}
