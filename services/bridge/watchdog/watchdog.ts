import type { Account } from '../../contract/person.ts';
import type { Log } from '../../runtime/log.ts';
import type { InboundEvent } from '../page/inbound-events.ts';
import { isAccount } from '../page/people/account.ts';
import { isAwaited, readOwnMessages } from '../page/probe.ts';
import { AwaitedAcks } from './awaited-acks.ts';
import { GiveUpRecord } from './give-up-record.ts';
import { OfflineDelivery } from './offline-delivery.ts';
import { PageLooks } from './page-looks.ts';
import { RecoveryLadder } from './recovery-ladder.ts';
import type { WatchedBrowser } from './watched-browser.ts';

export interface WatchdogOptions {
  /** Longest that WhatsApp's server may take to acknowledge a message, while the page says that it is connected. */
  readonly ackTimeoutMs: number;
  /** How long each step of the ladder may take to bring an ack. */
  readonly stepMs: number;
  /** Outlives the process, which the last step ends. */
  readonly recordPath: string;
  readonly log: Log;
  /** The session counts as degraded while there is a reason. */
  hold(reason: string | undefined): void;
  /** Something to know about the session, which keeps it from nothing. */
  remark(text: string | undefined): void;
  tell(event: InboundEvent): void;
  /** The last step: this process is to end, and another to start. */
  giveUp(reason: string): void;
}

/** So far back a message that still waits in the page counts; older ones are stuck for reasons of their own. */
const ADOPT_S = 3_600;
const LONGEST_REST_MS = 3_600_000;
const LEAST_TICK_MS = 10;
const MOST_TICK_MS = 1_000;

/**
 * Watches that WhatsApp's server acknowledges what is sent. When it has not for too long the session is held, and a
 * ladder is climbed, a step at a time: connect anew, load the page anew, a new browser, a new process. Any ack ends it
 * and lets the next begin at its first step; when nothing waits for an ack any more the session is let go, and the next
 * trouble goes on at the next step. After the last step a new process rests, each time twice as long, then lets the
 * session try: one message that is stuck for ever must not hold up all others.
 */
export class AckWatchdog {
  readonly #options: WatchdogOptions;
  readonly #awaited = new AwaitedAcks();
  readonly #ladder: RecoveryLadder;
  readonly #record: GiveUpRecord;
  readonly #delivery: OfflineDelivery;
  readonly #looks: PageLooks;
  #browser: WatchedBrowser | undefined;
  /** The id of the account whose acknowledgements are awaited, as far as is known. */
  #account: string | undefined;
  /** When the oldest message without an ack was sent, since the last ack. */
  #since: string | undefined;
  #isHeld = false;
  #isResting = false;
  /** By `performance.now()`. */
  #lookedAt = 0;
  #isBusy = false;
  /** Unix time in seconds: what waited before proves nothing any more. */
  #ignoreBefore = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#record = new GiveUpRecord(options.recordPath, options.log);
    this.#ladder = new RecoveryLadder(options.stepMs);
    this.#looks = new PageLooks(options.log, () => this.#report());
    this.#delivery = new OfflineDelivery((text) => options.remark(text));
  }

  /** Goes on where an earlier process gave up. Never throws. */
  async start(): Promise<void> {
    const { ackTimeoutMs, stepMs } = this.#options;
    await this.#record.read();
    const { content } = this.#record;
    if (content !== undefined) {
      this.#since = content.since;
      this.#account = content.account;
      for (const id of content.ids) this.#awaited.watch(id);
      this.#isResting = true;
      this.#hold();
    }
    const tickMs = Math.min(MOST_TICK_MS, Math.max(LEAST_TICK_MS, Math.min(ackTimeoutMs, stepMs) / 10));
    this.#timer = setInterval(() => void this.#tick(), tickMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  take(event: InboundEvent): void {
    if (event.kind === 'message_sent' && isAwaited(event.message)) this.#awaited.watch(event.message.id);
    else if (event.kind === 'ack') this.#settle(event.message.id, event.ack);
  }

  /** A phone is about to be linked: what an earlier one left proves nothing. */
  forget(): void {
    this.#awaited.clear();
    this.#acknowledged();
  }

  /** The page of this browser is connected, for the first time or again. */
  pageReady(browser: WatchedBrowser): void {
    this.#browser = browser;
    this.#see(browser.whatsapp.account);
    this.#delivery.connected();
    const restStarted = this.#isResting && this.#ladder.isScheduled;
    if (this.#isHeld && !restStarted) this.#ladder.schedule(performance.now() + this.#patienceMs);
    void this.#looks.attempt(() => this.#look(browser));
  }

  /** The page has gone away. */
  pageAway(): void {
    this.#delivery.away();
  }

  /** What another account left proves nothing for this one. */
  #see(account: Account | undefined): void {
    if (account === undefined) return;
    if (this.#account !== undefined && !isAccount(account, this.#account)) this.forget();
    this.#account = account.id;
  }

  get #patienceMs(): number {
    const { stepMs } = this.#options;
    return this.#isResting
      ? Math.min(LONGEST_REST_MS, stepMs * 2 ** (this.#record.content?.rounds ?? 1))
      : stepMs;
  }

  async #tick(): Promise<void> {
    const browser = this.#browser;
    if (this.#isBusy || browser?.isReady !== true) return;
    this.#isBusy = true;
    await this.#looks.attempt(async () => {
      if (this.#looks.hasFailed || !this.#delivery.isOver) return this.#look(browser);
      if (this.#isHeld) {
        if (this.#ladder.isDue) await this.#step(browser);
        return;
      }
      // Nothing announces a message that the page sends again.
      const isLookDue = performance.now() - this.#lookedAt > this.#options.ackTimeoutMs;
      if (!this.#isOverdue) return isLookDue ? this.#look(browser) : undefined;
      // An ack may have come without being told.
      await this.#look(browser);
      if (this.#isOverdue) this.#hold();
    });
    this.#isBusy = false;
  }

  /** Holds the session for whatever is amiss now, or lets it go. */
  #report(): void {
    const overdue = this.#isHeld ? `WhatsApp has not acknowledged a message since ${this.#since}` : undefined;
    this.#options.hold(this.#looks.blindBecause ?? overdue);
  }

  get #isOverdue(): boolean {
    const { isOver, expectedSince } = this.#delivery;
    return isOver && this.#awaited.isOverdue(this.#options.ackTimeoutMs, expectedSince);
  }

  #hold(): void {
    this.#since ??= (this.#awaited.oldest ?? new Date()).toISOString();
    this.#isHeld = true;
    if (this.#isResting) this.#ladder.unschedule();
    else this.#ladder.schedule(performance.now());
    this.#report();
  }

  #release(): void {
    this.#isHeld = false;
    this.#isResting = false;
    this.#ladder.unschedule();
    this.#report();
  }

  async #step(browser: WatchedBrowser): Promise<void> {
    const { log } = this.#options;
    if (this.#isResting) {
      log.info('WhatsApp may send again, to see whether it acknowledges now');
      this.#ignoreBefore = Math.floor(Date.now() / 1000);
      this.#awaited.clear();
      this.#release();
      return;
    }
    await this.#look(browser);
    if (!this.#isHeld || !this.#ladder.isDue) return;
    const step = this.#ladder.next();
    if (step === undefined) return this.#giveUp();
    log.warn(`no acknowledgement since ${this.#since}: ${step.what}`);
    await step.act(browser);
  }

  async #giveUp(): Promise<void> {
    const since = this.#since ?? new Date().toISOString();
    await this.#record.write(since, this.#awaited.ids, this.#account);
    this.#options.giveUp(
      `WhatsApp has acknowledged nothing since ${since}, with the page loaded anew and in a new browser: this process ends, for the supervisor to start another`,
    );
  }

  /** Asks the page how far the messages have come that are waited for, and for those that nobody has told of. */
  async #look(browser: WatchedBrowser): Promise<void> {
    this.#lookedAt = performance.now();
    const known = this.#awaited.ids;
    const since = Math.max(Math.floor(Date.now() / 1000) - ADOPT_S, this.#ignoreBefore);
    const { messages, isDeliveryEnd } = await browser.call('a look at own messages', (whatsapp) =>
      readOwnMessages(whatsapp, known, since),
    );
    this.#looks.succeeded();
    this.#delivery.see(isDeliveryEnd);
    const isClimbing = this.#isHeld && !this.#isResting;
    // A step during offline delivery would only restart it.
    if (isClimbing && !this.#delivery.isOver) this.#ladder.schedule(performance.now() + this.#patienceMs);
    const byId = new Map(messages.map((message) => [message.id, message]));
    for (const id of known) {
      const message = byId.get(id);
      // What the page does not know or has given up gets no ack. The api sends it again.
      if (message === undefined || (message.isFailed && message.ack === 0)) this.#awaited.delete(id);
      else if (message.ack !== 0) {
        this.#options.tell({ kind: 'ack', message, ack: message.ack });
        this.#settle(id, message.ack);
      }
    }
    for (const message of messages) if (isAwaited(message)) this.#awaited.watch(message.id);
    if (isClimbing && this.#isHeld && this.#awaited.isEmpty) this.#release();
  }

  #settle(id: string, ack: number): void {
    if (this.#awaited.settle(id, ack)) this.#acknowledged();
  }

  #acknowledged(): void {
    this.#awaited.acknowledged();
    this.#since = undefined;
    this.#ladder.reset();
    if (this.#record.content !== undefined) void this.#looks.attempt(() => this.#record.remove());
    if (this.#isHeld) this.#release();
  }
}
