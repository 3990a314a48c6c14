import { z } from 'zod';
import { errorText } from '../../contract/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { DurableFile } from '../durable-file.ts';
import { PageDataError } from '../page/data.ts';
import { isPageError } from '../page/errors.ts';
import type { InboundEvent } from '../page/inbound-events.ts';
import { isAwaited, readOwnMessages, reconnect, reload } from '../page/probe.ts';
import type { BrowserRun } from '../session/browser-run.ts';

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
  tell(event: InboundEvent): void;
  /** The last step: this process is to end, and another to start. */
  giveUp(reason: string): void;
}

/** So far back a message that still waits in the page counts; older ones are stuck for reasons of their own. */
const ADOPT_S = 3_600;
const LONGEST_REST_MS = 3_600_000;
const MOST_NOTED = 1_000;
const LEAST_TICK_MS = 50;
const MOST_TICK_MS = 1_000;

const recordSchema = z.object({
  /** How often the whole ladder was climbed in vain. */
  rounds: z.number().int().positive(),
  /** ISO time of the oldest message without an ack. */
  since: z.string(),
  /** The messages without an ack. */
  ids: z.array(z.string()),
});

/**
 * Watches that WhatsApp's server acknowledges what is sent. When it has not for too long the session is held, and a
 * ladder is climbed, a step at a time: connect anew, load the page anew, a new browser, a new process. Any ack ends it
 * and lets the next begin at its first step; when nothing waits for an ack any more the session is let go, and the next
 * trouble goes on at the next step. After the last step a new process rests, each time twice as long, then lets the
 * session try: one message that is stuck for ever must not hold up all others.
 */
export class AckWatchdog {
  readonly #options: WatchdogOptions;
  readonly #file: DurableFile<z.infer<typeof recordSchema>>;
  /** The messages without an ack, oldest first, with when they came to be watched. */
  readonly #waiting = new Map<string, { readonly at: number; readonly date: Date }>();
  #record: z.infer<typeof recordSchema> | undefined;
  #browser: BrowserRun | undefined;
  #connectedAt = 0;
  #lastAckAt = Number.NEGATIVE_INFINITY;
  /** When the oldest message without an ack was sent, since the last ack. */
  #since: string | undefined;
  #isHeld = false;
  #isResting = false;
  #isBusy = false;
  /** In a row, because the page could not be read. */
  #failedLooks = 0;
  #blindBecause: string | undefined;
  #level = 0;
  #nextStepAt = Number.POSITIVE_INFINITY;
  /** Unix time in seconds: what waited before proves nothing any more. */
  #ignoreBefore = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#file = new DurableFile(options.recordPath, recordSchema);
  }

  /** Goes on where an earlier process gave up. Never throws. */
  async start(): Promise<void> {
    const { ackTimeoutMs, stepMs, log } = this.#options;
    try {
      this.#record = await this.#file.read();
    } catch (error) {
      log.warn(`whether acknowledgements were missing before is not known: ${errorText(error)}`);
    }
    if (this.#record !== undefined) {
      this.#since = this.#record.since;
      for (const id of this.#record.ids) this.#watch(id);
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
    if (event.kind === 'message_sent' && isAwaited(event.message)) this.#watch(event.message.id);
    else if (event.kind === 'ack') this.#settle(event.message.id, event.ack);
  }

  /** A phone is about to be linked: what an earlier one left proves nothing. */
  forget(): void {
    this.#waiting.clear();
    this.#acknowledged();
  }

  /** The page of this browser is connected, for the first time or again. */
  pageReady(browser: BrowserRun): void {
    this.#browser = browser;
    this.#connectedAt = performance.now();
    const restStarted = this.#isResting && Number.isFinite(this.#nextStepAt);
    if (this.#isHeld && !restStarted) this.#nextStepAt = this.#connectedAt + this.#patienceMs;
    void this.#attempt(() => this.#look(browser));
  }

  get #patienceMs(): number {
    const { stepMs } = this.#options;
    return this.#isResting ? Math.min(LONGEST_REST_MS, stepMs * 2 ** (this.#record?.rounds ?? 1)) : stepMs;
  }

  async #tick(): Promise<void> {
    const browser = this.#browser;
    if (this.#isBusy || browser?.isReady !== true) return;
    this.#isBusy = true;
    await this.#attempt(async () => {
      if (this.#failedLooks > 0) return this.#look(browser);
      if (this.#isHeld) {
        if (performance.now() >= this.#nextStepAt) await this.#step(browser);
        return;
      }
      if (!this.#isOverdue) return;
      // An ack may have come without being told.
      await this.#look(browser);
      if (this.#isOverdue) this.#hold();
    });
    this.#isBusy = false;
  }

  /** A look that a dying or a reloading page cuts short is repeated; a page that answers with nonsense is a fault. */
  async #attempt(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (error instanceof PageDataError || isPageError(error)) this.#unreadable(error);
      else this.#options.log.debug(`the look at own messages was cut short: ${errorText(error)}`);
    }
  }

  /**
   * Degrades the session: nobody would notice missing acknowledgements. A page that is between two documents may throw
   * once, so it takes two failures in a row.
   */
  #unreadable(error: unknown): void {
    this.#failedLooks += 1;
    if (this.#failedLooks < 2 || this.#blindBecause !== undefined) return;
    this.#blindBecause = `the acknowledgements cannot be read: ${errorText(error).split('\n')[0]}`;
    this.#options.log.error(
      { err: error },
      `${this.#blindBecause}; WhatsApp Web has probably changed: nothing is sent until they can be read again`,
    );
    this.#report();
  }

  #readable(): void {
    this.#failedLooks = 0;
    if (this.#blindBecause === undefined) return;
    this.#blindBecause = undefined;
    this.#options.log.info('the acknowledgements can be read again');
    this.#report();
  }

  /** Holds the session for whatever is amiss now, or lets it go. */
  #report(): void {
    const overdue = this.#isHeld ? `WhatsApp has not acknowledged a message since ${this.#since}` : undefined;
    this.#options.hold(this.#blindBecause ?? overdue);
  }

  get #isOverdue(): boolean {
    const [oldest] = this.#waiting.values();
    if (oldest === undefined) return false;
    const quietSince = Math.max(oldest.at, this.#lastAckAt, this.#connectedAt);
    return performance.now() - quietSince > this.#options.ackTimeoutMs;
  }

  #hold(): void {
    const [oldest] = this.#waiting.values();
    this.#since ??= (oldest?.date ?? new Date()).toISOString();
    this.#isHeld = true;
    this.#nextStepAt = this.#isResting ? Number.POSITIVE_INFINITY : performance.now();
    this.#report();
  }

  #release(): void {
    this.#isHeld = false;
    this.#isResting = false;
    this.#nextStepAt = Number.POSITIVE_INFINITY;
    this.#report();
  }

  async #step(browser: BrowserRun): Promise<void> {
    const { log, stepMs } = this.#options;
    if (this.#isResting) {
      log.info('WhatsApp may send again, to see whether it acknowledges now');
      this.#ignoreBefore = Math.floor(Date.now() / 1000);
      this.#waiting.clear();
      this.#release();
      return;
    }
    await this.#look(browser);
    if (!this.#isHeld) return;
    const step = STEPS[this.#level];
    this.#level += 1;
    this.#nextStepAt = performance.now() + stepMs;
    if (step === undefined) {
      this.#nextStepAt = Number.POSITIVE_INFINITY;
      await this.#giveUp();
      return;
    }
    log.warn(`no acknowledgement since ${this.#since}: ${step.what}`);
    await step.act(browser);
  }

  async #giveUp(): Promise<void> {
    const since = this.#since ?? new Date().toISOString();
    const rounds = (this.#record?.rounds ?? 0) + 1;
    this.#record = { rounds, since, ids: [...this.#waiting.keys()].slice(0, MOST_NOTED) };
    try {
      await this.#file.write(this.#record);
    } catch (error) {
      this.#options.log.warn(`that acknowledgements are missing could not be noted: ${errorText(error)}`);
    }
    this.#options.giveUp(
      `WhatsApp has acknowledged nothing since ${since}, with the page loaded anew and in a new browser: this process ends, for the supervisor to start another`,
    );
  }

  /** Asks the page how far the messages have come that are waited for, and for those that nobody has told of. */
  async #look(browser: BrowserRun): Promise<void> {
    const known = [...this.#waiting.keys()];
    const since = Math.max(Math.floor(Date.now() / 1000) - ADOPT_S, this.#ignoreBefore);
    const found = await browser.call('a look at own messages', (whatsapp) =>
      readOwnMessages(whatsapp, known, since),
    );
    this.#readable();
    const byId = new Map(found.map((message) => [message.id, message]));
    for (const id of known) {
      const message = byId.get(id);
      // What the page does not know it cannot send either: whoever wants it sent sends it again.
      if (message === undefined) this.#waiting.delete(id);
      else if (message.ack !== 0) {
        this.#options.tell({ kind: 'ack', message, ack: message.ack });
        this.#settle(id, message.ack);
      }
    }
    for (const message of found) if (isAwaited(message)) this.#watch(message.id);
    if (this.#isHeld && !this.#isResting && this.#waiting.size === 0) this.#release();
  }

  #watch(id: string): void {
    if (!this.#waiting.has(id)) this.#waiting.set(id, { at: performance.now(), date: new Date() });
  }

  #settle(id: string, ack: number): void {
    const wasWaiting = ack !== 0 && this.#waiting.delete(id);
    // A 1 is the server's own word, for whatever message; what follows it is the recipient's.
    if (ack === 1 || (wasWaiting && ack > 0)) this.#acknowledged();
  }

  #acknowledged(): void {
    this.#lastAckAt = performance.now();
    this.#since = undefined;
    this.#level = 0;
    if (this.#record !== undefined) {
      this.#record = undefined;
      void this.#attempt(() => this.#file.remove());
    }
    if (this.#isHeld) this.#release();
  }
}

/** The steps before the last one, which is a new process. */
const STEPS = [
  {
    what: 'the page is asked to connect anew',
    act: (browser: BrowserRun) => browser.call('the reconnect', reconnect),
  },
  { what: 'the page is loaded anew', act: (browser: BrowserRun) => browser.call('the reload', reload) },
  {
    what: 'a new browser is started',
    act: async (browser: BrowserRun) =>
      browser.end({ kind: 'failed', reason: 'WhatsApp acknowledges nothing: a new browser is tried' }),
  },
] as const;
