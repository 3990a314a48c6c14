import { setTimeout as wait } from 'node:timers/promises';
import type { QrAnswer } from '../../contract/bridge.ts';
import { errorText, KitError } from '../../contract/errors.ts';
import { backoffMs } from '../../runtime/backoff.ts';
import { type BrowserEnd, pausesAfter } from './browser-end.ts';
import { type PrepareBrowser, prepareBrowser } from './browser-opener.ts';
import { type BrowserObserver, BrowserRun } from './browser-run.ts';
import { BrowserSandbox } from './browser-sandbox.ts';
import { LinkCodes } from './link-codes.ts';
import { LOGGED_OUT_BY_REQUEST } from './logout-reason.ts';
import { WAITING_FOR_SCAN } from './page-monitor.ts';
import { Profile } from './profile.ts';
import type { SessionOptions } from './session-options.ts';
import { type SessionObserver, type SessionStatus, StatusReporter } from './status.ts';

/** A browser that was ready for this long had no part in earlier failures. */
const STABLE_MS = 10_000;

/**
 * One WhatsApp login. Keeps a browser alive for it, one after the other, until it is stopped:
 *
 *     start → starting → qr → (scan) → syncing → ready ⇄ degraded
 *     a browser ends → disconnected (offline: no way to WhatsApp) → pause → starting
 *     logged out, by the phone or by request → profile into quarantine → starting → qr
 *     stop → stopped
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #observer: SessionObserver;
  readonly #profile: Profile;
  readonly #reporter: StatusReporter;
  readonly #codes = new LinkCodes();
  readonly #sandbox = new BrowserSandbox();
  readonly #prepare: PrepareBrowser;
  #isWanted = false;
  #running: Promise<void> | undefined;
  /** The run under way is to end, even if the session is wanted again meanwhile: then another follows it. */
  #isStopping = false;
  /** A logout that waits for the run to put the profile into quarantine, between two browsers. */
  #reset: PromiseWithResolvers<void> | undefined;
  #pause = new AbortController();
  #browser: BrowserRun | undefined;
  #restarts = 0;
  /** Started while a browser was being closed: no pause before the next. */
  #isHurried = false;

  constructor(options: SessionOptions, observer: SessionObserver, prepare: PrepareBrowser = prepareBrowser) {
    this.#prepare = prepare;
    this.#options = options;
    this.#observer = observer;
    this.#profile = new Profile(options.sessionsDir, options.session, options.log);
    this.#reporter = new StatusReporter(options.session, observer, options.log);
  }

  get status(): SessionStatus {
    return this.#reporter.status;
  }

  /** The reason of its state, for strangers. */
  get publicReason(): string | undefined {
    return this.#reporter.publicReason;
  }

  get browser(): BrowserRun | undefined {
    return this.#browser;
  }

  get isReady(): boolean {
    return this.#browser?.isReady === true && !this.#reporter.isHeld;
  }

  get pairingCode(): string | undefined {
    return this.#codes.pairingCode;
  }

  /** Browsers started after one that ended unasked. */
  get restarts(): number {
    return this.#restarts;
  }

  /** The browser to send with. Throws `whatsapp_not_ready`. */
  get readyBrowser(): BrowserRun {
    if (this.#browser !== undefined && this.isReady) return this.#browser;
    throw new KitError('whatsapp_not_ready', `the session is ${this.#reporter.text}`);
  }

  /** Starts it, or ends the pause before the next try. */
  start(): void {
    this.#isWanted = true;
    this.#isHurried = this.#browser?.signal.aborted === true;
    this.#pause.abort();
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      this.#isStopping = false;
      if (this.#isWanted) this.start();
    });
  }

  /** While there is a reason a page that is ready is not enough: the session is `degraded`, and sends nothing. */
  hold(reason: string | undefined): void {
    this.#reporter.hold(reason);
    if (this.#browser?.isReady) this.#reporter.setReady();
  }

  /** Adds a remark of a part of the bridge to the reason of `status`. */
  remark(part: string, text: string | undefined): void {
    this.#reporter.remark(part, text);
  }

  /** Closes the browser and keeps the login; resolves when no process of it is left. */
  async stop(reason: string): Promise<void> {
    this.#isWanted = false;
    this.#isStopping = this.#running !== undefined;
    this.#pause.abort();
    this.#browser?.end({ kind: 'stopped', reason });
    await this.#running;
    if (!this.#isWanted) this.#reporter.set('stopped', reason);
  }

  /**
   * Unlinks the device, puts the profile into quarantine and goes on to a new QR code. The run itself does it, between
   * two browsers, so that no start can come in between. Throws `bridge_failed` when another process has the profile.
   */
  async logout(): Promise<void> {
    if (this.#reset !== undefined) return this.#reset.promise;
    const reset = Promise.withResolvers<void>();
    reset.promise.catch(() => 'thrown below, perhaps only after the unlinking');
    this.#reset = reset;
    const browser = this.#browser;
    this.start();
    if (browser?.isReady) await browser.unlink();
    browser?.end({ kind: 'logged_out', reason: LOGGED_OUT_BY_REQUEST });
    await reset.promise;
  }

  /** The QR code to scan. Throws `qr_unavailable`. */
  currentQr(): QrAnswer {
    return this.#codes.currentQr(this.#reporter.state);
  }

  /** Throws `already_linked` and `qr_unavailable`. */
  requestPairingCode(phoneNumber: string): Promise<string> {
    return this.#codes.requestPairingCode(this.#browser, this.#reporter.state, phoneNumber);
  }

  /** The library failed where nobody waits for it (`library-rejections.ts`): its browser is given up. */
  libraryFailed(text: string): void {
    this.#browser?.end({ kind: 'failed', reason: `whatsapp-web.js failed: ${text}` });
  }

  async #run(): Promise<void> {
    const { pauses = pausesAfter } = this.#options;
    let failures = 0;
    while (!this.#isStopping) {
      if (this.#reset !== undefined) await this.#resetProfile(LOGGED_OUT_BY_REQUEST);
      const end = await this.#runBrowser();
      if (end.kind === 'stopped') continue;
      this.#reporter.ended(end);
      this.#restarts += 1;
      failures = (end.readyForMs ?? 0) > STABLE_MS ? 1 : failures + 1;
      if (end.kind === 'logged_out') await this.#resetProfile(end.reason);
      else if (!this.#isStopping && this.#reset === undefined)
        await this.#rest(backoffMs(failures, pauses(end.kind, end.readyForMs !== undefined)));
    }
    if (this.#reset !== undefined) await this.#resetProfile(LOGGED_OUT_BY_REQUEST);
    this.#profile.release();
  }

  /** One browser, from its start to its end; never throws. */
  async #runBrowser(): Promise<BrowserEnd & { readyForMs?: number }> {
    const { browserPath, limits, log } = this.#options;
    this.#reporter.set('starting');
    this.#isHurried = false;
    this.#observer.pageAway();
    try {
      const open = await this.#prepare(this.#options, this.#profile, this.#sandbox.isUsed);
      if (this.#isStopping || this.#reset !== undefined)
        return { kind: 'stopped', reason: 'stopped while it started' };
      const observer = this.#observe(() => browser);
      const browser: BrowserRun = new BrowserRun(open, limits, observer, log);
      this.#browser = browser;
      const end = await browser.run();
      if (
        end.kind === 'failed' &&
        browser.readyAt === undefined &&
        (await this.#sandbox.isLacking(browserPath, log))
      )
        return { kind: 'stopped', reason: 'no sandbox' }; // The next one is due at once.
      return browser.readyAt === undefined ? end : { ...end, readyForMs: Date.now() - browser.readyAt };
    } catch (error) {
      return { kind: 'failed', reason: errorText(error) };
    } finally {
      this.#browser = undefined;
      this.#codes.clear();
    }
  }

  #observe(browser: () => BrowserRun): BrowserObserver {
    return {
      state: (state, reason) => {
        if (state !== 'ready' && state !== 'degraded') this.#observer.pageAway();
        if (state !== 'ready') return this.#reporter.set(state, reason);
        this.#reporter.setReady();
        this.#observer.pageReady(browser());
      },
      qr: (code) => {
        const qr = this.#codes.showQr(code);
        if (!browser().isPasskeyAsked) this.#reporter.set('qr', WAITING_FOR_SCAN);
        this.#observer.qr(qr);
      },
      pairingCode: (code) => {
        this.#codes.showPairingCode(code);
        this.#reporter.set('pairing', 'waiting for the pairing code on the phone');
      },
      inbound: (event, account) => this.#observer.inbound(event, account),
      remark: (part, text) => this.#reporter.remark(part, text),
      // At once: until its browser is closed, nobody should take the session for what it was.
      ended: (end) => {
        this.#observer.pageAway();
        this.#reporter.ended(end);
      },
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

  async #rest(ms: number): Promise<void> {
    if (this.#isHurried) return;
    this.#pause = new AbortController();
    await wait(ms, undefined, { signal: this.#pause.signal }).catch(() => 'woken by start or stop');
  }
}
