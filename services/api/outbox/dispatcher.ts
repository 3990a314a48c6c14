import { errorText } from '../../contract/errors.ts';
import { backoffMs } from '../../runtime/backoff.ts';
import type { ApiOptions } from '../api.ts';
import type { BridgeClient } from '../bridge-client.ts';
import { lockLog } from '../events/log-writer.ts';
import { isAction } from '../messages/find-message.ts';
import { isStorageError } from '../store/storage-errors.ts';
import { Alarm } from './alarm.ts';
import { attempt, type Outcome } from './attempt.ts';
import { Calls } from './calls.ts';
import { SessionGate } from './circuit-breaker.ts';
import { ClockWatch } from './clock-watch.ts';
import { endCanceled, endUnknown, giveUp, isCancelWanted } from './endings.ts';
import { NOT_SENT } from './expiry.ts';
import { nextMoment, readHeads } from './heads.ts';
import { learnKnownChats } from './known-chats.ts';
import { Lanes, laneFor } from './lanes.ts';
import type { Message } from './message.ts';
import { MessageClock, type MessageClockOptions } from './message-clock.ts';
import { Pacer } from './pacing.ts';
import * as transitions from './transitions.ts';

export interface DispatcherOptions
  extends Pick<ApiOptions, 'session' | 'outbox' | 'pacing'>,
    MessageClockOptions {
  readonly bridge: BridgeClient;
}

const NOT_ACKNOWLEDGED = "WhatsApp Web has the message, but WhatsApp's server has not acknowledged it yet";

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
  readonly #messageClock: MessageClock;
  /** The chats with a message under way. */
  readonly #busy = new Map<string, Promise<void>>();
  readonly #lanes: Lanes;
  readonly #calls = new Calls();
  #isClosed = false;
  #running: Promise<void> = Promise.resolve();
  #mustForget = true;
  #knowsChats = false;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#pacer = new Pacer(options.pacing, options.session);
    this.#lanes = new Lanes(options.outbox.concurrency);
    this.#gate = new SessionGate(options.bridge, options.outbox);
    this.#messageClock = new MessageClock(options, {
      changed: () => this.#alarm.ring(),
      preparing: () => this.#calls.preparing,
      unwanted: (seq) => this.#calls.abort(seq),
    });
    options.store.onBack(() => this.wake());
  }

  start(): void {
    this.#running = this.#run();
    this.#messageClock.start();
  }

  /** There may be something to send: looks now. */
  wake(): void {
    this.#alarm.ring();
    this.#messageClock.ring();
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
    await Promise.all([this.#running, this.#messageClock.close()]);
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
      if (!this.#lanes.hasRoom(laneFor(message, now))) {
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
    if (isFirst && message.cancelAt !== undefined) {
      // Its attempt sent nothing, and then the process ended before it canceled the message.
      await this.#cancel(message);
      return undefined;
    }
    if (isFirst) {
      const pace = await store.read((db) => this.#pacer.paceOf(db, message, now));
      if (pace.kind === 'parked') {
        await store.write((db) => transitions.park(db, message.id, pace.reason, pace.at));
        changes.changed(message.id);
        return undefined;
      }
      if (pace.kind === 'later') return pace.at - now;
    }
    const begun = await store.write(async (db) => {
      const attempted = await transitions.beginAttempt(db, message, now);
      if (attempted !== undefined)
        await transitions.noteContact(db, message.session, message.chatId, 'first_sent_at', now);
      return attempted;
    });
    if (begun === undefined) return undefined;
    if (isFirst) this.#pacer.sent(now);
    const { seq, chatId } = message;
    const lane = laneFor(begun, now);
    this.#lanes.enter(lane);
    const done = this.#carry(begun, now, this.#calls.begin(seq, lane !== 'none')).finally(() => {
      this.#lanes.leave(lane);
      this.#busy.delete(chatId);
      this.#calls.end(seq);
      this.wake();
    });
    this.#busy.set(chatId, done);
    return undefined;
  }

  /** One call of the bridge, and what follows from it. Never throws: what cannot be noted is settled at the next look. */
  async #carry(message: Message, now: number, signal: AbortSignal): Promise<void> {
    const { store, bridge, changes, log } = this.#options;
    try {
      const outcome = await attempt(bridge, store, message, now, signal);
      await this.#note(message, outcome, now, signal.aborted);
    } catch (error) {
      if (!isStorageError(error))
        log.error({ err: error, id: message.id }, `a message could not be carried: ${errorText(error)}`);
      this.#mustForget = true; // Its moment could not be noted either.
    }
    changes.changed(message.id);
  }

  async #note(message: Message, outcome: Outcome, begunAt: number, isCalledOff: boolean): Promise<void> {
    const { store, events } = this.#options;
    const { id } = message;
    const now = Date.now();
    const isOver = message.expiresAt <= now;
    switch (outcome.kind) {
      case 'added': {
        const { ack } = outcome;
        // The answer to an action names its target, whose acks are not the action's.
        const whatsappId = isAction(message.kind) ? undefined : outcome.whatsappId;
        this.#gate.open();
        await store.write(async (db, dialect) => {
          if (ack < 1 && isOver) await lockLog(db, dialect);
          await transitions.acknowledge(db, { id, whatsappId, ack, isAnswer: true }, now);
          if (ack >= 1) return;
          if (isOver) await endUnknown(db, dialect, message, NOT_ACKNOWLEDGED, now);
          else await transitions.postpone(db, id, NOT_ACKNOWLEDGED, this.#nextLook(message, now));
        });
        if (ack < 1 && isOver) events.appended();
        return;
      }
      case 'refused':
      case 'absent':
        await store.write(async (db, dialect) => {
          await lockLog(db, dialect);
          if (outcome.kind === 'refused')
            await giveUp(db, dialect, message, 'failed', outcome.code, outcome.reason, now);
          else if (await isCancelWanted(db, message)) await endCanceled(db, dialect, message, 'sending', now);
          else await giveUp(db, dialect, message, 'expired', 'message_expired', NOT_SENT, now);
          await transitions.forgetContact(db, message, begunAt);
        });
        events.appended();
        return;
      case 'unsent': {
        const { code, reason } = outcome;
        if (code === 'whatsapp_not_ready') this.#gate.close(reason);
        const requeued = await store.write(async (db) => {
          const until = code === 'recipient_restricted' ? await this.#pacer.restricted(db, now) : undefined;
          const pauseMs = code === 'whatsapp_not_ready' ? 0 : this.#backoff(message);
          const at = until ?? now + pauseMs;
          await transitions.forgetContact(db, message, begunAt);
          if (message.state === 'queued') return transitions.requeue(db, message, reason, at);
          // An earlier attempt may have sent it: that this one did not proves nothing.
          await transitions.postpone(db, id, reason, this.#nextLook(message, now, at));
          return { isCancelWanted: false };
        });
        // In a transaction of its own: the lock of the log must be taken before any row, or two transactions deadlock.
        if (requeued.isCancelWanted) await this.#cancel(message);
        return;
      }
      case 'unknown': {
        const at = isCalledOff ? now : this.#nextLook(message, now);
        await store.write((db) => transitions.postpone(db, id, outcome.reason, at));
      }
    }
  }

  /** Ends a message that was certainly not sent and that a client asked to cancel. */
  async #cancel(message: Message): Promise<void> {
    const { store, events, changes } = this.#options;
    await store.write((db, dialect) => endCanceled(db, dialect, message, 'queued', Date.now()));
    events.appended();
    changes.changed(message.id);
  }

  /** The next look for a message that may have been sent: at its expiry at the latest, and after it without backoff. */
  #nextLook(message: Message, now: number, at = now + this.#backoff(message)): number {
    return message.expiresAt > now ? Math.min(at, message.expiresAt) : now + this.#options.outbox.retryMs;
  }

  #backoff({ attempts }: Message): number {
    const { retryMs, retryMaxMs } = this.#options.outbox;
    return backoffMs(attempts + 1, { firstMs: retryMs, mostMs: retryMaxMs });
  }
}
