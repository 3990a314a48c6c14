import { setTimeout as wait } from 'node:timers/promises';
import type { QrAnswer } from '../contract/bridge.ts';
import { errorText, KitError } from '../contract/errors.ts';
import type { SessionState } from '../contract/events.ts';
import { backoffMs, type Pauses } from '../runtime/backoff.ts';
import type { Log } from '../runtime/log.ts';
import { requireBrowser } from './browser.ts';
import { Life, type LifeObserver } from './life.ts';
import type { LifeEnd } from './life-end.ts';
import type { BridgeLimits } from './limits.ts';
import { LinkCodes } from './link-codes.ts';
import type { News } from './news.ts';
import { Profile } from './profile.ts';

export interface SessionOptions {
  /** Its name: letters, digits, `-` and `_`. */
  readonly session: string;
  readonly sessionsDir: string;
  readonly browserPath: string;
  readonly headless: boolean;
  readonly limits: BridgeLimits;
  readonly log: Log;
}

export interface SessionStatus {
  readonly state: SessionState;
  readonly since: string;
  readonly reason?: string;
}

export interface SessionObserver {
  state(status: SessionStatus): void;
  qr(answer: QrAnswer): void;
  news(news: News): void;
}

/** First pause and longest pause before the next browser, by what ended the last one. */
const PAUSES = {
  failed: { firstMs: 500, mostMs: 60_000 },
  // What was ready once will be so again: the longer pauses are for what does not even start.
  failedWhileReady: { firstMs: 500, mostMs: 5_000 },
  offline: { firstMs: 1_000, mostMs: 30_000 },
  // Whoever took the login over keeps it for a while, or two kits would take it from each other for ever.
  conflict: { firstMs: 30_000, mostMs: 300_000 },
} as const;
/** A browser that was ready for this long had no part in earlier failures. */
const STABLE_MS = 10_000;
const LOGGED_OUT = 'logged out by request';

/**
 * One WhatsApp login. Keeps a browser alive for it, one life after the other, until it is stopped:
 *
 *     start → starting → qr → (scan) → syncing → ready ⇄ degraded
 *     a life ends → disconnected (offline: no way to WhatsApp) → pause → starting
 *     logged out, by the phone or by request → profile into quarantine → starting → qr
 *     stop → stopped
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #observer: SessionObserver;
  readonly #profile: Profile;
  readonly #codes = new LinkCodes();
  #status: SessionStatus = { state: 'stopped', since: new Date().toISOString() };
  #isWanted = false;
  #running: Promise<void> | undefined;
  /** The run under way is to end, even if the session is wanted again meanwhile: then another follows it. */
  #isStopping = false;
  /** A logout that waits for the run to put the profile into quarantine, between two lives. */
  #reset: PromiseWithResolvers<void> | undefined;
  #pause = new AbortController();
  #life: Life | undefined;
  #restarts = 0;

  constructor(options: SessionOptions, observer: SessionObserver) {
    this.#options = options;
    this.#observer = observer;
    this.#profile = new Profile(options.sessionsDir, options.session, options.log);
  }

  get status(): SessionStatus {
    return this.#status;
  }

  get life(): Life | undefined {
    return this.#life;
  }

  get isReady(): boolean {
    return this.#life?.isReady === true;
  }

  get pairingCode(): string | undefined {
    return this.#codes.pairingCode;
  }

  /** Browsers started after one that ended unasked. */
  get restarts(): number {
    return this.#restarts;
  }

  /** The life to send with. Throws `whatsapp_not_ready`. */
  get readyLife(): Life {
    if (this.#life?.isReady) return this.#life;
    const { state, reason } = this.#status;
    throw new KitError(
      'whatsapp_not_ready',
      `the session is ${state}${reason === undefined ? '' : `: ${reason}`}`,
    );
  }

  /** Starts it, or ends the pause before the next try. */
  start(): void {
    this.#isWanted = true;
    this.#pause.abort();
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      this.#isStopping = false;
      if (this.#isWanted) this.start();
    });
  }

  /** Closes the browser and keeps the login; resolves when no process of it is left. */
  async stop(reason: string): Promise<void> {
    this.#isWanted = false;
    this.#isStopping = this.#running !== undefined;
    this.#pause.abort();
    this.#life?.end({ kind: 'stopped', reason });
    await this.#running;
    if (!this.#isWanted) this.#setStatus('stopped', reason);
  }

  /**
   * Unlinks the device, puts the profile into quarantine and goes on to a new QR code. The run itself does it, between
   * two lives, so that no start can come in between. Throws `bridge_failed` when the profile is not to be had.
   */
  async logout(): Promise<void> {
    if (this.#reset !== undefined) return this.#reset.promise;
    const reset = Promise.withResolvers<void>();
    reset.promise.catch(() => 'thrown below, perhaps only after the unlinking');
    this.#reset = reset;
    const life = this.#life;
    this.start();
    if (life?.isReady) await this.#unlink(life);
    life?.end({ kind: 'logged_out', reason: LOGGED_OUT });
    await reset.promise;
  }

  /** The QR code to scan. Throws `qr_unavailable`. */
  currentQr(): QrAnswer {
    return this.#codes.currentQr(this.#status.state);
  }

  /** Throws `already_linked` and `qr_unavailable`. */
  requestPairingCode(phoneNumber: string): Promise<string> {
    return this.#codes.requestPairingCode(this.#life, this.#status.state, phoneNumber);
  }

  /** The library failed where nobody waits for it (`rejections.ts`): its browser is given up. */
  libraryFailed(text: string): void {
    this.#life?.end({ kind: 'failed', reason: `whatsapp-web.js failed: ${text}` });
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#isStopping) {
      if (this.#reset !== undefined) await this.#resetProfile(LOGGED_OUT);
      const end = await this.#liveOnce();
      if (end.kind === 'stopped') continue;
      this.#setStatus(end.kind === 'offline' ? 'offline' : 'disconnected', end.reason);
      this.#restarts += 1;
      failures = (end.readyForMs ?? 0) > STABLE_MS ? 1 : failures + 1;
      if (end.kind === 'logged_out') await this.#resetProfile(end.reason);
      else if (!this.#isStopping && this.#reset === undefined)
        await this.#rest(backoffMs(failures, pausesAfter(end.kind, end.readyForMs !== undefined)));
    }
    if (this.#reset !== undefined) await this.#resetProfile(LOGGED_OUT);
    this.#profile.release();
  }

  /** One browser, from its start to its end; never throws. */
  async #liveOnce(): Promise<LifeEnd & { readyForMs?: number }> {
    const { browserPath, headless, limits, log } = this.#options;
    this.#setStatus('starting');
    try {
      await requireBrowser(browserPath);
      await this.#profile.claim();
      // Not before the port is open: the library and puppeteer take a third of a second to load.
      const { WhatsApp } = await import('./whatsapp.ts');
      if (this.#isStopping || this.#reset !== undefined)
        return { kind: 'stopped', reason: 'stopped while it started' };
      const browser = { browserPath, headless, profileDir: this.#profile.dir, limits };
      const life = new Life((listener) => new WhatsApp(browser, listener), limits, this.#lifeObserver(), log);
      this.#life = life;
      const end = await life.run();
      return life.readyAt === undefined ? end : { ...end, readyForMs: Date.now() - life.readyAt };
    } catch (error) {
      return { kind: 'failed', reason: errorText(error) };
    } finally {
      this.#life = undefined;
      this.#codes.clear();
    }
  }

  #lifeObserver(): LifeObserver {
    return {
      state: (state, reason) => this.#setStatus(state, reason),
      qr: (code) => {
        const qr = this.#codes.showQr(code);
        this.#setStatus('qr', 'waiting for the phone to scan');
        this.#observer.qr(qr);
      },
      pairingCode: (code) => {
        this.#codes.showPairingCode(code);
        this.#setStatus('pairing', 'waiting for the pairing code on the phone');
      },
      news: (news) => this.#observer.news(news),
    };
  }

  /** Puts the profile into quarantine, and tells a logout that waits for it. Never throws. */
  async #resetProfile(reason: string): Promise<void> {
    const reset = this.#reset;
    try {
      await this.#profile.claim();
      await this.#profile.quarantine(reason);
      reset?.resolve();
    } catch (error) {
      if (reset === undefined)
        this.#options.log.error(
          { err: error },
          `the profile could not be moved and is used again as it is: ${errorText(error)}`,
        );
      reset?.reject(error);
    } finally {
      // A logout that came meanwhile has its turn after this.
      if (this.#reset === reset) this.#reset = undefined;
    }
  }

  async #unlink(life: Life): Promise<void> {
    try {
      await life.call('the unlinking', (whatsapp) => whatsapp.unlink());
    } catch (error) {
      // The page navigates away as it unlinks, which may break this very call off.
      this.#options.log.info(`the call that unlinks was broken off: ${errorText(error)}`);
    }
  }

  #setStatus(state: SessionState, reason?: string): void {
    const before = this.#status;
    if (state === before.state && reason === before.reason) return;
    const since = state === before.state ? before.since : new Date().toISOString();
    this.#status = { state, since, ...(reason === undefined ? {} : { reason }) };
    this.#options.log.info(
      { state, reason },
      `session ${this.#options.session} is ${state}${reason === undefined ? '' : `: ${reason}`}`,
    );
    this.#observer.state(this.#status);
  }

  async #rest(ms: number): Promise<void> {
    this.#pause = new AbortController();
    await wait(ms, undefined, { signal: this.#pause.signal }).catch(() => 'woken by start or stop');
  }
}

function pausesAfter(kind: Exclude<LifeEnd['kind'], 'stopped' | 'logged_out'>, wasReady: boolean): Pauses {
  return kind === 'failed' && wasReady ? PAUSES.failedWhileReady : PAUSES[kind];
}
