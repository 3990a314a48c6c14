import { setTimeout as wait } from 'node:timers/promises';
import { errorText } from '../contract/errors.ts';
import type { BridgeEvent } from '../contract/events.ts';
import { EVENTS_PATH } from '../contract/internal.ts';
import { backoffMs } from '../runtime/backoff.ts';
import { InternalCaller, type Origin } from '../runtime/internal-call.ts';
import type { Log } from '../runtime/log.ts';

const BATCH_EVENTS = 100;
/** Between two posts in a row: a burst goes in few pieces, while a lone event goes at once. */
const GATHER_MS = 50;
const POST_LIMIT_MS = 10_000;
const PAUSES = { firstMs: 100, mostMs: 5_000 };
const DEFAULT_MOST_WAITING = 10_000;
/** Answers that say the events themselves are wrong: repeating them helps nobody. */
const REFUSED = [400, 413, 415, 422];

export interface EventSenderOptions {
  readonly api: Origin;
  readonly secret: string;
  readonly log: Log;
  readonly mostWaiting?: number;
}

/**
 * Posts events to the api in the order in which it takes them, each until the api has said 2xx; a repetition is told by
 * the event's key. Waiting events are kept in memory, up to a number, then the oldest go.
 */
export class EventSender {
  readonly #options: EventSenderOptions;
  readonly #caller: InternalCaller;
  readonly #waiting: BridgeEvent[] = [];
  readonly #closed = new AbortController();
  #isPosting = false;
  #posted: Promise<void> = Promise.resolve();
  #dropped = 0;
  #nextPostAt = 0;

  constructor(options: EventSenderOptions) {
    this.#options = options;
    this.#caller = new InternalCaller(options.api, options.secret);
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  take(event: BridgeEvent): void {
    this.#waiting.push(event);
    this.#dropOldest();
    if (this.#isPosting || this.#closed.signal.aborted) return;
    this.#isPosting = true;
    this.#posted = this.#postAll();
  }

  /** Waits up to `ms` for the api to take the rest. */
  async close(ms: number): Promise<void> {
    const timer = setTimeout(() => this.#closed.abort(), ms);
    while (this.#isPosting) await this.#posted;
    clearTimeout(timer);
    this.#closed.abort();
    this.#caller.close();
    if (this.waiting > 0) this.#options.log.warn(`${this.waiting} events did not reach the api`);
  }

  async #postAll(): Promise<void> {
    let batchSize = BATCH_EVENTS;
    for (let failures = 0; this.waiting > 0 && !this.#closed.signal.aborted; ) {
      await this.#pause(this.#nextPostAt - performance.now());
      this.#nextPostAt = performance.now() + GATHER_MS;
      const batch = this.#waiting.slice(0, batchSize);
      const droppedBefore = this.#dropped;
      const outcome = await this.#post(batch);
      if (outcome === 'failed') {
        failures += 1;
        await this.#pause(backoffMs(failures, PAUSES));
        continue;
      }
      failures = 0;
      if (outcome === 'refused' && batch.length > 1) {
        batchSize = 1; // one of them is wrong: the others must not share its fate
        continue;
      }
      if (outcome === 'refused') this.#tellLost(batch);
      // Those that were dropped meanwhile stood at the head of this very batch.
      this.#waiting.splice(0, Math.max(0, batch.length - (this.#dropped - droppedBefore)));
      batchSize = BATCH_EVENTS;
    }
    // In the same step as the look at the queue: an event taken in between would wait for the next one.
    this.#isPosting = false;
  }

  async #post(events: readonly BridgeEvent[]): Promise<'taken' | 'refused' | 'failed'> {
    const { log } = this.#options;
    try {
      const { status } = await this.#caller.call(
        'POST',
        EVENTS_PATH,
        POST_LIMIT_MS,
        { events },
        this.#closed.signal,
      );
      if (status >= 200 && status < 300) return 'taken';
      log.warn(
        { status, events: events.length },
        `the api answered ${status} to ${events.length} events and did not take them`,
      );
      return REFUSED.includes(status) ? 'refused' : 'failed';
    } catch (error) {
      log.debug(
        { events: events.length },
        `the api was not reached with ${events.length} events: ${errorText(error)}`,
      );
      return 'failed';
    }
  }

  /** Names it only: an event holds what people write, and the code by which a phone links. */
  #tellLost(events: readonly BridgeEvent[]): void {
    for (const { kind, key } of events)
      this.#options.log.error({ kind, key }, `the api refused the ${kind} event ${key}: it is lost`);
  }

  #dropOldest(): void {
    const excess = this.waiting - (this.#options.mostWaiting ?? DEFAULT_MOST_WAITING);
    if (excess <= 0) return;
    this.#waiting.splice(0, excess);
    this.#dropped += excess;
    if (this.#dropped === excess || this.#dropped % 1_000 === 0) {
      this.#options.log.warn(
        `the api has been away for too long: ${this.#dropped} events were dropped, the oldest first`,
      );
    }
  }

  async #pause(ms: number): Promise<void> {
    if (ms <= 0) return;
    await wait(ms, undefined, { signal: this.#closed.signal }).catch(() => 'closed');
  }
}
