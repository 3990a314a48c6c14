import type { Config } from '#config';
import { errorText } from '../../contract/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { WakeSignal } from '../../runtime/wake-signal.ts';
import type { EventLog } from '../events/event-log.ts';
import type { LogEvent } from '../events/log-event.ts';
import type { CheckedAgents } from '../outbound/checked-agents.ts';
import { isStorageError } from '../store/storage-errors.ts';
import type { Store } from '../store/store.ts';
import { Checkpoint } from './checkpoint.ts';
import { type DeliveredEvent, toDelivered } from './delivered-event.ts';
import {
  type DeadEvent,
  disable,
  moveToDeadLetters,
  noteFailure,
  readWebhook,
  saveCursor,
} from './delivery-state.ts';
import { EventQueue } from './event-queue.ts';
import { Redrive } from './redrive.ts';
import { RetryClock } from './retry-clock.ts';
import { type Outcome, postEvent } from './signed-post.ts';
import type { Webhook } from './webhook.ts';

export interface DeliveryParts {
  readonly store: Store;
  readonly events: EventLog;
  readonly agents: CheckedAgents;
  readonly webhooks: Config['webhooks'];
  readonly log: Log;
  readonly now: () => number;
}

/** Looks at its row at least this often: another api may have changed it. */
const LOOK_MS = 1_000;
const HOUR_MS = 3_600_000;

type Failed = Extract<Outcome, { kind: 'failed' }>;

/**
 * Takes the log to one webhook: in order, one POST at a time, each event until it is delivered or has become a dead
 * letter. What it knows is on the row of the webhook, but for the cursor of the last few deliveries.
 */
export class DeliveryLoop {
  /** Settles when it has ended: stopped, or its webhook is not active any more. Never rejects. */
  readonly ended: Promise<void>;
  readonly #parts: DeliveryParts;
  readonly #log: Log;
  readonly #queue: EventQueue;
  readonly #redrive: Redrive;
  readonly #clock: RetryClock;
  readonly #checkpoint = new Checkpoint();
  readonly #signal = new WakeSignal();
  readonly #cut = new AbortController();
  /** As its row was when it was last read or written; the queue's cursor is ahead by what was done since. */
  #webhook: Webhook;
  #deliveredAt: number | undefined;
  #lookAt = 0;
  #isIdle = false;
  #isStopped = false;

  constructor(parts: DeliveryParts, webhook: Webhook) {
    const { store, events, webhooks, log, now } = parts;
    this.#parts = parts;
    this.#log = log.child({ webhook: webhook.id });
    this.#queue = new EventQueue(events, webhook.cursor, webhook.types, webhook.id);
    this.#redrive = new Redrive(store, webhook.id);
    this.#clock = new RetryClock(webhooks.retryMs, now);
    this.#clock.setFrom(webhook);
    this.#webhook = webhook;
    this.ended = this.#run();
  }

  /** Everything up to here was delivered, became a dead letter, or was not wanted. */
  get cursor(): number {
    return this.#queue.cursor;
  }

  /** The row was changed. */
  changed(): void {
    this.#lookAt = 0;
    this.#signal.set();
  }

  /** The log has more: news only to who waits for it. */
  wake(): void {
    if (this.#isIdle) this.#signal.set();
  }

  /** Begins nothing new. */
  stop(): void {
    this.#isStopped = true;
    this.#signal.set();
  }

  /** Breaks off what is under way. */
  cut(): void {
    this.stop();
    this.#cut.abort();
  }

  async #run(): Promise<void> {
    let isOver = false;
    while (!isOver && !this.#isStopped) {
      let waitMs = LOOK_MS;
      try {
        isOver = !(await this.#look());
        if (!isOver) waitMs = await this.#step();
      } catch (error) {
        // The store tells and heals its own troubles.
        if (!isStorageError(error)) this.#log.error({ err: error }, `webhook stumbled: ${errorText(error)}`);
      }
      if (waitMs > 0 && !isOver && !this.#isStopped) await this.#signal.wait(waitMs);
      this.#isIdle = false;
    }
    await this.#save().catch((error: unknown) => {
      this.#log.warn(`webhook could not note its last deliveries, and will repeat them: ${errorText(error)}`);
    });
  }

  /** Reads the row when it is time to; gives whether the webhook is active. */
  async #look(): Promise<boolean> {
    if (performance.now() < this.#lookAt) return true;
    this.#lookAt = performance.now() + LOOK_MS;
    const before = this.#webhook;
    const webhook = await this.#parts.store.read((db) => readWebhook(db, before.id));
    if (webhook?.status !== 'active') return false;
    this.#webhook = webhook;
    this.#queue.adjust(webhook.types, webhook.cursor);
    if (!isAsBefore(webhook, before)) this.#clock.setFrom(webhook);
    this.#redrive.look();
    return true;
  }

  /** Does one thing; gives how long there is nothing more to do, unless something happens. */
  async #step(): Promise<number> {
    if (this.#saveInMs <= 0) await this.#save();
    const isRedriving = await this.#redrive.step((letter) => this.#post(letter));
    const { waitMs } = this.#clock;
    if (waitMs > 0) return isRedriving ? 0 : Math.min(waitMs, LOOK_MS);
    // Before the log is looked at, so that what comes meanwhile rings.
    this.#isIdle = true;
    const event = await this.#queue.next();
    if (event === undefined) return isRedriving ? 0 : Math.max(1, Math.min(LOOK_MS, this.#saveInMs));
    await this.#deliver(event);
    return 0;
  }

  async #deliver(event: LogEvent): Promise<void> {
    const delivered = toDelivered(event);
    const begunAt = this.#parts.now();
    const outcome = await this.#post(delivered);
    switch (outcome.kind) {
      case 'delivered':
        return this.#delivered(event);
      case 'gone':
        this.#log.warn(`webhook disabled: ${outcome.reason}`);
        await this.#parts.store.write((db) => disable(db, this.#webhook, outcome.reason));
        return this.changed();
      case 'failed':
        return this.#failed(event, delivered, outcome, begunAt);
      case 'cut':
        return;
    }
  }

  async #delivered({ seq }: LogEvent): Promise<void> {
    const wasFailing = this.#attempts > 0;
    this.#queue.done();
    this.#deliveredAt = this.#parts.now();
    this.#checkpoint.delivered();
    if (!wasFailing) return;
    this.#log.info({ seq }, 'webhook delivers again');
    await this.#save();
  }

  async #failed(event: LogEvent, { body }: DeliveredEvent, outcome: Failed, begunAt: number): Promise<void> {
    const { store, webhooks, now } = this.#parts;
    const { reason, status, retryAfterMs } = outcome;
    const attempts = this.#attempts + 1;
    const firstTriedAt = attempts === 1 ? begunAt : (this.#webhook.firstTriedAt ?? begunAt);
    const leftMs = firstTriedAt + webhooks.retryHours * HOUR_MS - now();
    if (leftMs <= 0)
      return this.#giveUp({ seq: event.seq, type: event.type, payload: body, reason, attempts });
    const failure = {
      cursor: this.cursor,
      attempts,
      firstTriedAt,
      nextTryAt: this.#clock.setAfter(attempts, retryAfterMs, leftMs),
      lastError: reason,
      deliveredAt: this.#deliveredAt ?? this.#webhook.deliveredAt,
    };
    const isNoted = await store.write((db) => noteFailure(db, this.#webhook, failure));
    if (!isNoted) return this.changed();
    this.#webhook = { ...this.#webhook, ...failure };
    this.#checkpoint.noted();
    const level = attempts === 1 ? 'warn' : 'debug';
    this.#log[level]({ seq: event.seq, attempts, status }, `webhook fails, and is tried again: ${reason}`);
  }

  async #giveUp(event: DeadEvent): Promise<void> {
    const { store, now } = this.#parts;
    const { seq, attempts, reason } = event;
    if (await store.write((db) => moveToDeadLetters(db, this.#webhook, event, now()))) {
      this.#queue.done();
      this.#checkpoint.noted();
      this.#log.error({ seq, attempts }, `webhook gives an event up, as a dead letter: ${reason}`);
    }
    this.changed();
  }

  #post(event: DeliveredEvent): Promise<Outcome> {
    const { agents, webhooks, now } = this.#parts;
    const { signal } = this.#cut;
    return postEvent(this.#webhook, event, { agents, timeoutMs: webhooks.timeoutMs, signal, now });
  }

  async #save(): Promise<void> {
    const { cursor } = this;
    const { id, cursor: saved } = this.#webhook;
    // Not when another api was further.
    if (cursor > saved) {
      await this.#parts.store.write((db) => saveCursor(db, id, cursor, this.#deliveredAt));
      this.#webhook = { ...this.#webhook, cursor, attempts: 0, firstTriedAt: undefined, nextTryAt: 0 };
    }
    this.#checkpoint.written();
  }

  get #saveInMs(): number {
    return this.#checkpoint.dueInMs(this.cursor - this.#webhook.cursor);
  }

  /** Of the event behind the cursor: the row may still speak of an earlier one. */
  get #attempts(): number {
    return this.#webhook.cursor === this.cursor ? this.#webhook.attempts : 0;
  }
}

/** Whether what decides on the next attempt is the same. */
function isAsBefore(webhook: Webhook, before: Webhook): boolean {
  return (
    webhook.url.href === before.url.href &&
    webhook.attempts === before.attempts &&
    webhook.nextTryAt === before.nextTryAt
  );
}
