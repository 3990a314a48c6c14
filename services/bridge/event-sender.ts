import { setTimeout as wait } from 'node:timers/promises';
import { errorText } from '../contract/errors.ts';
import type { BridgeEvent } from '../contract/events.ts';
import { EVENTS_PATH, SECRET_HEADER } from '../contract/internal.ts';
import type { Log } from '../runtime/log.ts';
import { backoffMs } from './backoff.ts';

const BATCH_EVENTS = 100;
const POST_LIMIT_MS = 10_000;
const PAUSES = { firstMs: 100, mostMs: 5_000 };
const DEFAULT_MOST_WAITING = 10_000;
/** Answers that say the events themselves are wrong: repeating them helps nobody. */
const REFUSED = [400, 413, 415, 422];

export interface EventSenderOptions {
  readonly apiOrigin: string;
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
  readonly #waiting: BridgeEvent[] = [];
  readonly #closed = new AbortController();
  #isPosting = false;
  #posted: Promise<void> = Promise.resolve();
  #dropped = 0;

  constructor(options: EventSenderOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  take(event: BridgeEvent): void {
    this.#waiting.push(event);
    this.#dropOldest();
    if (this.#isPosting || this.#closed.signal.aborted) return;
    this.#isPosting = true;
    this.#posted = this.#postAll().finally(() => {
      this.#isPosting = false;
    });
  }

  /** Waits up to `ms` for the api to take the rest. */
  async close(ms: number): Promise<void> {
    const timer = setTimeout(() => this.#closed.abort(), ms);
    await this.#posted;
    clearTimeout(timer);
    this.#closed.abort();
    if (this.waiting > 0) this.#options.log.warn(`${this.waiting} events did not reach the api`);
  }

  async #postAll(): Promise<void> {
    let batchSize = BATCH_EVENTS;
    for (let failures = 0; this.waiting > 0 && !this.#closed.signal.aborted; ) {
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
      if (outcome === 'refused')
        this.#options.log.error({ event: batch[0] }, 'the api refused an event: it is lost');
      // Those that were dropped meanwhile stood at the head of this very batch.
      this.#waiting.splice(0, Math.max(0, batch.length - (this.#dropped - droppedBefore)));
      batchSize = BATCH_EVENTS;
    }
  }

  async #post(events: readonly BridgeEvent[]): Promise<'taken' | 'refused' | 'failed'> {
    const { apiOrigin, secret, log } = this.#options;
    try {
      const response = await fetch(new URL(EVENTS_PATH, apiOrigin), {
        method: 'POST',
        headers: { 'content-type': 'application/json', [SECRET_HEADER]: secret },
        body: JSON.stringify({ events }),
        signal: AbortSignal.any([AbortSignal.timeout(POST_LIMIT_MS), this.#closed.signal]),
      });
      await response.body?.cancel();
      if (response.ok) return 'taken';
      log.warn({ status: response.status, events: events.length }, 'the api did not take events');
      return REFUSED.includes(response.status) ? 'refused' : 'failed';
    } catch (error) {
      log.debug({ trouble: errorText(error), events: events.length }, 'the api was not reached with events');
      return 'failed';
    }
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
    await wait(ms, undefined, { signal: this.#closed.signal }).catch(() => 'closed');
  }
}
