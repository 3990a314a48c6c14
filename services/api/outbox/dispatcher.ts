import type { Config } from '#config';
import type { CapabilityState } from '../../contract/compat.ts';
import { errorText } from '../../contract/errors.ts';
import { isUnsent } from '../../contract/message-states.ts';
import { WakeSignal } from '../../runtime/wake-signal.ts';
import type { BridgeClient } from '../bridge-client.ts';
import { isStorageError } from '../store/storage-errors.ts';
import { attempt } from './attempt.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { ClockWatch } from './clock-watch.ts';
import { CompatWatch } from './compat-watch.ts';
import { learnKnownChats, noteContact } from './contacts.ts';
import { InFlight } from './in-flight.ts';
import { laneFor } from './lanes.ts';
import type { Message } from './message.ts';
import { LOOK_MS, MessageClock, type MessageClockOptions } from './message-clock.ts';
import { nextMoment, readHeads } from './next-per-chat.ts';
import { Pacer, type PacingSettings } from './pacing.ts';
import { setOneAside, whyFirstHeld, whyHeld } from './page-compat.ts';
import { cancelUnsent, type OutcomeParts, recordOutcome } from './record-outcome.ts';
import * as transitions from './transitions.ts';

export interface DispatcherOptions extends MessageClockOptions {
  /** The WhatsApp login whose messages are sent. */
  readonly session: string;
  readonly outbox: Pick<Config['outbox'], 'concurrency' | 'retryMs' | 'retryMaxMs'>;
  readonly pacing: PacingSettings;
  readonly bridge: Pick<BridgeClient, 'send' | 'status' | 'chats' | 'compat'>;
}

/**
 * Sends what the outbox holds: of each chat the first unsettled message, several chats at once, in lanes (`lanes.ts`).
 * A message is marked `sending` on disk before the bridge hears of it; whatever is found so marked later is looked for
 * at WhatsApp before it is sent again. Several dispatchers on one database do no harm, since the bridge sends each id
 * once.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #parts: OutcomeParts;
  readonly #pacer: Pacer;
  readonly #lookMs: number;
  readonly #breaker: CircuitBreaker;
  readonly #compat: CompatWatch;
  readonly #signal = new WakeSignal();
  readonly #clock = new ClockWatch();
  readonly #messageClock: MessageClock;
  readonly #inFlight: InFlight;
  #isClosed = false;
  #running: Promise<void> = Promise.resolve();
  #mustForget = true;
  #knowsChats = false;

  constructor(options: DispatcherOptions) {
    const { store, events, changes, outbox, pacing, bridge, session } = options;
    this.#options = options;
    this.#lookMs = options.lookMs ?? LOOK_MS;
    this.#pacer = new Pacer(pacing, session);
    this.#inFlight = new InFlight(outbox.concurrency);
    this.#breaker = new CircuitBreaker(bridge, outbox);
    this.#compat = new CompatWatch(options);
    this.#parts = { store, events, changes, outbox, pacer: this.#pacer, breaker: this.#breaker };
    this.#messageClock = new MessageClock(options, {
      changed: () => this.#signal.set(),
      preparing: () => this.#inFlight.preparing,
      unwanted: (seq) => this.#inFlight.abort(seq),
    });
    store.onBack(() => this.wake());
  }

  start(): void {
    this.#running = this.#run();
    this.#messageClock.start();
  }

  /** There may be something to send: looks now. */
  wake(): void {
    this.#signal.set();
    this.#messageClock.wake();
  }

  /** The session has become ready, as far as is known: what waits for it goes on. */
  sessionReady(): void {
    this.#breaker.reset();
    this.#compat.pageChanged();
    this.wake();
  }

  /** How many messages wait because the page of WhatsApp breaks their kind. */
  get held(): number {
    return this.#compat.held;
  }

  /** Why nothing goes out now; undefined while the session takes messages. */
  get whyWaiting(): string | undefined {
    return this.#breaker.reason;
  }

  /** Begins nothing new; resolves when nothing is under way, or after `graceMs`. What is cut short is looked for later. */
  async close(graceMs: number): Promise<void> {
    this.#isClosed = true;
    this.wake();
    await Promise.all([this.#running, this.#messageClock.close()]);
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, graceMs);
    await Promise.race([this.#inFlight.idle(), late.promise]);
    clearTimeout(timer);
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      let waitMs = this.#lookMs;
      try {
        waitMs = await this.#look();
      } catch (error) {
        // The store tells and heals its own troubles.
        if (!isStorageError(error))
          this.#options.log.error({ err: error }, `the outbox stumbled: ${errorText(error)}`);
      }
      if (!this.#isClosed) await this.#signal.wait(Math.min(waitMs, this.#lookMs));
    }
  }

  /** Begins what may begin; gives how long there is nothing more to do, unless something happens. */
  async #look(): Promise<number> {
    const { store, session, outbox } = this.#options;
    const inFlight = this.#inFlight;
    const now = Date.now();
    if (this.#clock.wasSetBack() || this.#mustForget) {
      await store.write((db) => transitions.forgetMoments(db, session));
      this.#mustForget = false;
    }
    const pausedMs = await this.#breaker.waitMs();
    if (pausedMs > 0) return pausedMs;
    if (!(await this.#knowChats())) return 0;
    const broken = await this.#compat.look();
    if (!inFlight.hasRoom('none')) return this.#lookMs;
    // Those under way may be among them.
    const before = inFlight.count;
    const limit = outbox.concurrency + before;
    const heads = await store.read((db, dialect) =>
      readHeads(db, dialect, session, now, limit, inFlight.fullLanes, broken.length > 0),
    );
    let isLaneFull = false;
    for (const message of heads) {
      if (!inFlight.hasRoom('none') || this.#isClosed) break;
      if (inFlight.hasChat(message.chatId)) continue;
      if (!inFlight.hasRoom(laneFor(message, now))) {
        isLaneFull = true;
        continue;
      }
      const pacedMs = await this.#begin(message, broken);
      if (pacedMs !== undefined) return pacedMs;
    }
    // Messages behind a full lane, or behind the limit, are found at the next look.
    if (isLaneFull || (heads.length === limit && inFlight.count > before)) return 0;
    // Those under way are due as well, and ring when they are through.
    const next = await store.read((db, dialect) => nextMoment(db, dialect, session, now, broken.length > 0));
    return next === undefined ? this.#lookMs : next - now;
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
      this.#breaker.trip(errorText(error));
    }
    return this.#knowsChats;
  }

  /** Begins one message, unless its pace or the page says no: gives how long all have to wait, or undefined. */
  async #begin(message: Message, broken: readonly CapabilityState[]): Promise<number | undefined> {
    const { store, changes } = this.#options;
    const now = Date.now();
    const isFirst = isUnsent(message.state);
    if (isFirst && message.cancelAt !== undefined) {
      // Its attempt sent nothing, and then the process ended before it canceled the message.
      await cancelUnsent(this.#parts, message);
      return undefined;
    }
    const waits = isFirst ? await store.read((db) => whyFirstHeld(db, message, broken)) : undefined;
    if (waits !== undefined) {
      await store.write((db) => setOneAside(db, message, waits));
      changes.changed(message.id);
      return 0; // The next message of this chat may go out.
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
        await noteContact(db, message.session, message.chatId, 'first_sent_at', now);
      return attempted;
    });
    if (begun === undefined) return undefined;
    if (isFirst) this.#pacer.sent(now);
    const heldBecause = isFirst ? undefined : whyHeld(begun, broken);
    const carry = (signal: AbortSignal) => this.#carry(begun, now, heldBecause, signal);
    this.#inFlight.begin(message, laneFor(begun, now), carry, () => this.wake());
    return undefined;
  }

  /** One call of the bridge, and what follows from it. Never throws: what cannot be noted is settled at the next look. */
  async #carry(
    message: Message,
    now: number,
    heldBecause: string | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { store, bridge, changes, log } = this.#options;
    try {
      const outcome = await attempt(bridge, store, message, now, signal, heldBecause !== undefined);
      const { aborted: isCalledOff } = signal;
      await recordOutcome(this.#parts, { message, outcome, begunAt: now, isCalledOff, heldBecause });
      if (outcome.kind === 'unsent' && outcome.code === 'page_incompatible') this.#compat.doubt();
    } catch (error) {
      if (!isStorageError(error))
        log.error({ err: error, id: message.id }, `a message could not be carried: ${errorText(error)}`);
      this.#mustForget = true; // Its moment could not be noted either.
    }
    changes.changed(message.id);
  }
}
