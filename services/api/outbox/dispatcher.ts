import { errorText } from '../../contract/errors.ts';
import { backoffMs } from '../../runtime/backoff.ts';
import type { ApiOptions } from '../api.ts';
import type { BridgeClient } from '../bridge-client.ts';
import type { EventLog } from '../events/event-log.ts';
import { isStorageError } from '../store/storage-errors.ts';
import type { Store } from '../store/store.ts';
import { Alarm } from './alarm.ts';
import { attempt, type Outcome } from './attempt.ts';
import type { MessageChanges } from './changes.ts';
import { ClockWatch } from './clock-watch.ts';
import { expireOverdue } from './expiry.ts';
import { nextByClock, nextMoment, readHeads } from './heads.ts';
import { learnKnownChats } from './known-chats.ts';
import { Lanes, laneOf } from './lanes.ts';
import type { Message } from './message.ts';
import { Pacer } from './pacing.ts';
import { SessionGate } from './session-gate.ts';
import * as transitions from './transitions.ts';

export interface DispatcherOptions extends Pick<ApiOptions, 'session' | 'outbox' | 'pacing' | 'log'> {
  readonly store: Store;
  readonly changes: MessageChanges;
  readonly events: EventLog;
  readonly bridge: BridgeClient;
}

/** Looks at least this often: another api may have accepted something, a clock may have jumped. */
const LOOK_MS = 1_000;

/**
 * Sends what the outbox holds: of each chat the first unsettled message, several chats at once, in lanes (`lanes.ts`).
 * A message is marked `sending` on disk before the bridge hears of it; whatever is found so marked later is looked for
 * at WhatsApp before it is sent again. Several dispatchers on one database do no harm, since the bridge sends each id
 * once.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #pacer: Pacer;
  readonly #gate: SessionGate;
  readonly #alarm = new Alarm();
  readonly #clock = new ClockWatch();
  /** The chats with a message under way. */
  readonly #busy = new Map<string, Promise<void>>();
  readonly #lanes: Lanes;
  #isClosed = false;
  #running: Promise<void> = Promise.resolve();
  #mustForget = true;
  #knowsChats = false;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#pacer = new Pacer(options.pacing, options.session);
    this.#lanes = new Lanes(options.outbox.concurrency);
    this.#gate = new SessionGate(options.bridge, options.outbox);
    options.store.onBack(() => this.wake());
  }

  start(): void {
    this.#running = this.#run();
  }

  /** There may be something to send: looks now. */
  wake(): void {
    this.#alarm.ring();
  }

  /** The session has become ready, as far as is known: what waits for it goes on. */
  sessionReady(): void {
    this.#gate.open();
    this.wake();
  }

  /** Why nothing goes out now; undefined while the session takes messages. */
  get whyWaiting(): string | undefined {
    return this.#gate.reason;
  }

  /** Begins nothing new; resolves when nothing is under way, or after `graceMs`. What is cut short is looked for later. */
  async close(graceMs: number): Promise<void> {
    this.#isClosed = true;
    this.wake();
    await this.#running;
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, graceMs);
    await Promise.race([Promise.all(this.#busy.values()), late.promise]);
    clearTimeout(timer);
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      let waitMs = LOOK_MS;
      try {
        waitMs = await this.#look();
      } catch (error) {
        // The store tells and heals its own troubles.
        if (!isStorageError(error))
          this.#options.log.error({ err: error }, `the outbox stumbled: ${errorText(error)}`);
      }
      if (!this.#isClosed) await this.#alarm.wait(Math.min(waitMs, LOOK_MS));
    }
  }

  /** Begins what may begin; gives how long there is nothing more to do, unless something happens. */
  async #look(): Promise<number> {
    const { store, session, outbox } = this.#options;
    const now = Date.now();
    if (this.#clock.wasSetBack() || this.#mustForget) {
      await store.write((db) => transitions.forgetMoments(db, session));
      this.#mustForget = false;
    }
    await this.#tendClock(now);
    const gateMs = await this.#gate.waitMs();
    if (gateMs > 0) return gateMs;
    if (!(await this.#knowChats())) return 0;
    if (!this.#lanes.hasRoom('none')) return LOOK_MS;
    // Those under way may be among them.
    const limit = outbox.concurrency + this.#busy.size;
    const heads = await store.read((db) => readHeads(db, session, now, limit, this.#lanes.full));
    let isLaneFull = false;
    for (const message of heads) {
      if (!this.#lanes.hasRoom('none') || this.#isClosed) break;
      if (this.#busy.has(message.chatId)) continue;
      if (!this.#lanes.hasRoom(laneOf(message.content))) {
        isLaneFull = true;
        continue;
      }
      const pausedMs = await this.#begin(message);
      if (pausedMs !== undefined) return pausedMs;
    }
    // They may have hidden others, and are left out at the next look.
    if (isLaneFull) return 0;
    // Those under way are due as well, and ring when they are through.
    const next = await store.read((db) => nextMoment(db, session, now));
    return next === undefined ? LOOK_MS : next - now;
  }

  /** Takes scheduled messages in, and the overdue out, when there are any. */
  async #tendClock(now: number): Promise<void> {
    const { store, events, changes } = this.#options;
    const next = await store.read(nextByClock);
    if (next === undefined || next > now) return;
    const released = await store.write((db) => transitions.releaseScheduled(db, now));
    const expired = await expireOverdue(store, now);
    for (const id of expired) changes.changed(id);
    if (expired.length > 0) events.appended();
    if (released > 0) this.wake();
  }

  /** Before the first message is paced: who is no stranger. False when the bridge cannot say yet. */
  async #knowChats(): Promise<boolean> {
    const { bridge, store, session, pacing } = this.#options;
    if (this.#knowsChats || !pacing.isOn) return true;
    try {
      await learnKnownChats(bridge, store, session);
      this.#knowsChats = true;
    } catch (error) {
      if (isStorageError(error)) throw error;
      this.#gate.close(errorText(error));
    }
    return this.#knowsChats;
  }

  /** Begins one message, unless its pace says no: gives how long all have to wait, or undefined. */
  async #begin(message: Message): Promise<number | undefined> {
    const { store, changes } = this.#options;
    const now = Date.now();
    const isFirst = message.state === 'queued';
    if (isFirst) {
      const pace = await store.read((db) => this.#pacer.paceOf(db, message, now));
      if (pace.kind === 'parked') {
        await store.write((db) => transitions.postpone(db, message.id, 'queued', pace.reason, pace.at));
        changes.changed(message.id);
        return undefined;
      }
      if (pace.kind === 'later') return pace.at - now;
    }
    const isOurs = await store.write(async (db) => {
      const begun = await transitions.beginAttempt(db, message, now);
      if (begun) await transitions.noteContact(db, message.session, message.chatId, 'first_sent_at', now);
      return begun;
    });
    if (!isOurs) return undefined;
    if (isFirst) this.#pacer.sent(now);
    const { chatId } = message;
    const lane = laneOf(message.content);
    this.#lanes.enter(lane);
    const done = this.#carry(message, now).finally(() => {
      this.#lanes.leave(lane);
      this.#busy.delete(chatId);
      this.wake();
    });
    this.#busy.set(chatId, done);
    return undefined;
  }

  /** One call of the bridge, and what follows from it. Never throws: what cannot be noted is settled at the next look. */
  async #carry(message: Message, now: number): Promise<void> {
    const { store, bridge, changes, log } = this.#options;
    try {
      const outcome = await attempt(bridge, store, message, now);
      await this.#note(message, outcome, now);
    } catch (error) {
      if (!isStorageError(error))
        log.error({ err: error, id: message.id }, `a message could not be carried: ${errorText(error)}`);
      this.#mustForget = true; // Its moment could not be noted either.
    }
    changes.changed(message.id);
  }

  async #note(message: Message, outcome: Outcome, begunAt: number): Promise<void> {
    const { store, events } = this.#options;
    const { id } = message;
    const now = Date.now();
    switch (outcome.kind) {
      case 'added': {
        const { ack } = outcome;
        // The answer to an action names its target, whose acks are not the action's.
        const whatsappId = 'target' in message.content ? undefined : outcome.whatsappId;
        this.#gate.open();
        await store.write(async (db) => {
          await transitions.acknowledge(db, { id, whatsappId, ack, isAnswer: true }, now);
          if (ack < 1)
            await transitions.postpone(
              db,
              id,
              'sending',
              "WhatsApp Web has the message, but WhatsApp's server has not acknowledged it yet",
              now + this.#backoff(message),
            );
        });
        return;
      }
      case 'refused': {
        const { code, reason } = outcome;
        const status = code === 'message_expired' ? 'expired' : 'failed';
        await store.write(async (db, dialect) => {
          await transitions.giveUp(db, dialect, message, status, code, reason, now);
          await transitions.forgetContact(db, message, begunAt);
        });
        events.appended();
        return;
      }
      case 'unsent': {
        const { code, reason } = outcome;
        if (code === 'whatsapp_not_ready') this.#gate.close(reason);
        await store.write(async (db) => {
          const until = code === 'recipient_restricted' ? await this.#pacer.restricted(db, now) : undefined;
          // After an earlier try of which nobody knows, this one alone proves nothing.
          const state = message.state === 'sending' ? 'sending' : 'queued';
          const pauseMs = code === 'whatsapp_not_ready' ? 0 : this.#backoff(message);
          await transitions.postpone(db, id, state, reason, until ?? now + pauseMs);
          await transitions.forgetContact(db, message, begunAt);
        });
        return;
      }
      case 'unknown':
        await store.write((db) =>
          transitions.postpone(db, id, 'sending', outcome.reason, now + this.#backoff(message)),
        );
    }
  }

  #backoff({ attempts }: Message): number {
    const { retryMs, retryMaxMs } = this.#options.outbox;
    return backoffMs(attempts + 1, { firstMs: retryMs, mostMs: retryMaxMs });
  }
}
