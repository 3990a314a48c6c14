import { setTimeout as sleep } from 'node:timers/promises';
import { errorText } from '../../contract/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { WakeSignal } from '../../runtime/wake-signal.ts';
import type { EventLog } from '../events/event-log.ts';
import { isStorageError } from '../store/storage-errors.ts';
import type { Store } from '../store/store.ts';
import type { MessageChanges } from './changes.ts';
import { expireOverdue, OverdueSends } from './expiry.ts';
import { nextByClock } from './next-per-chat.ts';
import { releaseScheduled } from './transitions.ts';

export interface MessageClockOptions {
  readonly store: Store;
  readonly changes: MessageChanges;
  readonly events: EventLog;
  readonly log: Log;
  /** Longest that a message is looked for after its `expires_at`; LOOK_GRACE_MS unless given. */
  readonly lookGraceMs?: number;
  /** The longest time between two looks; LOOK_MS unless given. */
  readonly lookMs?: number;
}

/** Callbacks of the clock. */
export interface ClockWatcher {
  /** There may be something to send. */
  changed(): void;
  /** The `seq` of each message that the bridge may be preparing: a call for it is under way that sends it. */
  preparing(): readonly number[];
  /** The call for the message with this `seq`, if one is under way, must end: nobody wants the message sent any more. */
  unwanted(seq: number): void;
}

/** Looks at least this often: another api may have accepted something, a clock may have jumped. */
export const LOOK_MS = 1_000;
/** Between two looks, however much comes in. */
const GAP_MS = 20;

/**
 * Releases scheduled messages at their time, and ends messages whose `expires_at` has passed. This loop calls the store
 * only: a session that is away, or a bridge that hangs, cannot keep a message from its end.
 */
export class MessageClock {
  readonly #options: MessageClockOptions;
  readonly #watcher: ClockWatcher;
  readonly #overdue: OverdueSends;
  readonly #lookMs: number;
  readonly #signal = new WakeSignal();
  #isClosed = false;
  #running: Promise<void> = Promise.resolve();

  constructor(options: MessageClockOptions, watcher: ClockWatcher) {
    this.#options = options;
    this.#watcher = watcher;
    this.#lookMs = options.lookMs ?? LOOK_MS;
    this.#overdue = new OverdueSends(options.store, options.lookGraceMs);
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Something may have come in: looks now. */
  wake(): void {
    this.#signal.set();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      let waitMs = this.#lookMs;
      try {
        waitMs = await this.#tend(Date.now());
      } catch (error) {
        // The store logs its own failures and recovers by itself.
        if (!isStorageError(error))
          this.#options.log.error({ err: error }, `outbox clock failed; retrying: ${errorText(error)}`);
      }
      if (this.#isClosed) break;
      await this.#signal.wait(Math.min(waitMs, this.#lookMs));
      await sleep(GAP_MS);
    }
  }

  /** Gives how long there is nothing more to do, unless something happens. */
  async #tend(now: number): Promise<number> {
    const { store } = this.#options;
    await this.#callOff(now);
    const overdue = await this.#overdue.end(now);
    for (const { seq } of overdue) this.#watcher.unwanted(seq);
    this.#announce(overdue.map(({ id }) => id));
    const next = await store.read(nextByClock);
    const isDue = next !== undefined && next <= now;
    const released = isDue ? await store.write((db) => releaseScheduled(db, now)) : 0;
    const expired = isDue ? await expireOverdue(store, now) : [];
    this.#announce(expired);
    if (released > 0) this.#watcher.changed();
    // More messages may be due than one transaction takes.
    if (released + overdue.length + expired.length > 0) return 0;
    return next === undefined || isDue ? this.#lookMs : next - now;
  }

  /**
   * Calls off messages that are overdue or canceled while the bridge prepares them, which may take minutes. A look for the
   * message follows, which ends the preparation.
   */
  async #callOff(now: number): Promise<void> {
    const preparing = this.#watcher.preparing();
    if (preparing.length === 0) return;
    const unwanted = await this.#options.store.read((db) =>
      db
        .selectFrom('messages')
        .select('seq')
        .where('seq', 'in', preparing)
        .where((row) => row.or([row('cancel_at', 'is not', null), row('expires_at', '<=', now)]))
        .execute(),
    );
    for (const { seq } of unwanted) this.#watcher.unwanted(seq);
  }

  /** Wakes the clients and readers that wait for the end of these messages, and lets their chats go on. */
  #announce(ids: readonly string[]): void {
    const { events, changes } = this.#options;
    if (ids.length === 0) return;
    for (const id of ids) changes.changed(id);
    events.appended();
    this.#watcher.changed();
  }
}
