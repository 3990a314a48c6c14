import type { Config } from '#config';
import type { BridgeStatus } from '../../contract/bridge.ts';
import { errorText } from '../../contract/errors.ts';
import { WakeSignal } from '../../runtime/wake-signal.ts';
import { AccountWatch } from '../account/link/account-watch.ts';
import { currentAccount } from '../account/linked-account.ts';
import type { Scope } from '../account/scope.ts';
import type { BridgeClient } from '../bridge-client.ts';
import { adoptContacts } from '../people/earlier-contacts.ts';
import { isStorageError } from '../store/storage-errors.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { ClockWatch } from './clock-watch.ts';
import { CompatWatch } from './compat-watch.ts';
import { InFlight } from './in-flight.ts';
import { laneFor } from './lanes.ts';
import { LOOK_MS, MessageClock, type MessageClockOptions } from './message-clock.ts';
import { MessageStarter } from './message-starter.ts';
import { findHeads, hasOpen, nextMoment } from './next-per-chat.ts';
import { Pacer, type PacingSettings } from './pacing.ts';
import { learnKnownChats } from './recipients/contacts.ts';
import type { OutcomeParts } from './record-outcome.ts';
import * as transitions from './transitions.ts';

export interface DispatcherOptions extends MessageClockOptions {
  /** The WhatsApp login whose messages are sent. */
  readonly session: string;
  readonly outbox: Pick<Config['outbox'], 'concurrency' | 'retryMs' | 'retryMaxMs'>;
  readonly pacing: PacingSettings;
  readonly bridge: Pick<BridgeClient, 'send' | 'status' | 'chats' | 'compat' | 'resolve'>;
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
  readonly #accounts: AccountWatch;
  readonly #breaker: CircuitBreaker;
  readonly #starter: MessageStarter;
  readonly #compat: CompatWatch;
  readonly #signal = new WakeSignal();
  readonly #clock = new ClockWatch();
  readonly #messageClock: MessageClock;
  readonly #inFlight: InFlight;
  #isClosed = false;
  #running: Promise<void> = Promise.resolve();
  #mustForget = true;
  #wasChanged = false;
  #hasContacts = false;
  /** The account whose chats have been taken over. */
  #knowsChatsOf: string | undefined;

  constructor(options: DispatcherOptions) {
    const { store, events, changes, outbox, pacing, session } = options;
    this.#options = options;
    this.#lookMs = options.lookMs ?? LOOK_MS;
    this.#pacer = new Pacer(pacing, session);
    this.#inFlight = new InFlight(outbox.concurrency);
    this.#accounts = new AccountWatch(options);
    this.#breaker = new CircuitBreaker(this.#accounts, outbox);
    this.#compat = new CompatWatch(options);
    this.#parts = { store, events, changes, outbox, pacer: this.#pacer, breaker: this.#breaker };
    this.#starter = new MessageStarter({
      ...options,
      outcome: this.#parts,
      compat: this.#compat,
      accounts: this.#accounts,
      inFlight: this.#inFlight,
      lookMs: this.#lookMs,
      wake: () => this.wake(),
      mustLookAtAll: () => {
        this.#mustForget = true;
      },
    });
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
    this.#accounts.doubt();
    this.wake();
  }

  /** How many messages wait because the page of WhatsApp breaks their kind. */
  get held(): number {
    return this.#compat.held;
  }

  /** Why nothing goes out now; undefined while the session takes messages. */
  get whyWaiting(): string | undefined {
    return this.#accounts.reason ?? this.#breaker.reason;
  }

  /** Why a message of this account waits; undefined where the accounts do not hold it back. */
  whyHeldBack(account: string | undefined): string | undefined {
    return this.#accounts.whyHeldBack(account);
  }

  /** Whether nothing goes out because another account is linked. */
  get isAccountChanged(): boolean {
    return this.#accounts.isChanged;
  }

  /** The status of the bridge; what it says of the account is noted. Throws what the bridge throws. */
  status(): Promise<BridgeStatus> {
    return this.#accounts.status();
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
    await this.#accounts.look();
    // The pace of one account says nothing of another.
    if (this.#wasChanged && !this.#accounts.isChanged) this.#mustForget = true;
    this.#wasChanged = this.#accounts.isChanged;
    if (this.#clock.wasSetBack() || this.#mustForget) {
      await store.write((db) => transitions.forgetMoments(db, session));
      this.#mustForget = false;
    }
    const pausedMs = await this.#breaker.waitMs();
    if (pausedMs > 0) return pausedMs;
    const scope = await this.#findScope();
    if (scope === undefined) return this.#lookMs;
    if (!(await this.#knowPeople(scope))) return 0;
    const broken = await this.#compat.look();
    if (!inFlight.hasRoom('none')) return this.#lookMs;
    // Those under way may be among them.
    const before = inFlight.count;
    const limit = outbox.concurrency + before;
    const query = { scope, now, isHeld: broken.length > 0, fullLanes: inFlight.fullLanes, limit };
    const heads = await findHeads(store, query);
    let isLaneFull = false;
    for (const message of heads) {
      if (!inFlight.hasRoom('none') || this.#isClosed) break;
      if (inFlight.has(message)) continue;
      if (!inFlight.hasRoom(laneFor(message, now))) {
        isLaneFull = true;
        continue;
      }
      const pacedMs = await this.#starter.begin(scope, message, broken);
      if (pacedMs !== undefined) return pacedMs;
    }
    // Messages behind a full lane, or behind the limit, are found at the next look.
    if (isLaneFull || (heads.length === limit && inFlight.count > before)) return 0;
    // Those under way are due as well, and ring when they are through.
    const next = await store.read((db, dialect) => nextMoment(db, dialect, query));
    return next === undefined ? this.#lookMs : next - now;
  }

  /** Which account sends; undefined while that is undecided. Before the first send, the bridge says which one is linked. */
  async #findScope(): Promise<Scope | undefined> {
    const { store, session, pacing } = this.#options;
    const accounts = this.#accounts;
    // At the start the bridge may not be there yet: while nothing is to be sent, its first event comes first.
    const isNeeded = async () =>
      accounts.isInDoubt || pacing.isOn || (await store.read((db) => hasOpen(db, session)));
    const mustAsk = accounts.mustAsk && (await isNeeded());
    if (mustAsk) await accounts.ask();
    this.#wasChanged ||= accounts.isChanged;
    return accounts.isChanged ? undefined : { session, account: currentAccount(accounts.known) };
  }

  /** Before the first message is paced: who is no stranger. False when the bridge cannot say yet. */
  async #knowPeople(scope: Scope): Promise<boolean> {
    const { bridge, store, pacing } = this.#options;
    if (!this.#hasContacts) await adoptContacts(store, scope);
    this.#hasContacts = true;
    if (this.#knowsChatsOf === scope.account || !pacing.isOn) return true;
    try {
      await learnKnownChats(bridge, store, scope);
      this.#knowsChatsOf = scope.account;
    } catch (error) {
      if (isStorageError(error)) throw error;
      this.#breaker.trip(errorText(error));
    }
    return this.#knowsChatsOf === scope.account;
  }
}
