import { setTimeout as wait } from 'node:timers/promises';
import type { QrAnswer } from '../../contract/bridge.ts';
import { errorText, KitError } from '../../contract/errors.ts';
import type { SessionState } from '../../contract/events.ts';
import { backoffMs } from '../../runtime/backoff.ts';
import type { Log } from '../../runtime/log.ts';
import type { BridgeLimits } from '../limits.ts';
import type { WhatsAppListener } from '../page/whatsapp.ts';
import { requireBrowser } from './browser.ts';
import { BrowserSandbox } from './browser-sandbox.ts';
import { requireRoom } from './disk-room.ts';
import { Life, type LifeObserver } from './life.ts';
import { type LifeEnd, pausesAfter, stateAfter } from './life-end.ts';
import { LinkCodes } from './link-codes.ts';
import type { SessionObserver, SessionStatus } from './observer.ts';
import { Profile } from './profile.ts';
import { userAgentOf } from './user-agent.ts';

export interface SessionOptions {
  /** Its name: letters, digits, `-` and `_`. */
  readonly session: string;
  readonly sessionsDir: string;
  readonly browserPath: string;
  readonly headless: boolean;
  readonly limits: BridgeLimits;
  readonly log: Log;
}

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
  readonly #sandbox = new BrowserSandbox();
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
  #heldBecause: string | undefined;
  #remark: string | undefined;
  /** Started while a browser was being closed: no pause before the next. */
  #isHurried = false;

  constructor(options: SessionOptions, observer: SessionObserver) {
    this.#options = options;
    this.#observer = observer;
    this.#profile = new Profile(options.sessionsDir, options.session, options.log);
  }

  get status(): SessionStatus {
    const reasons = [this.#status.reason, this.#remark].filter((reason) => reason !== undefined);
    return reasons.length === 0 ? this.#status : { ...this.#status, reason: reasons.join('; ') };
  }

  get life(): Life | undefined {
    return this.#life;
  }

  get isReady(): boolean {
    return this.#life?.isReady === true && this.#heldBecause === undefined;
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
    if (this.#life !== undefined && this.isReady) return this.#life;
    const { state, reason } = this.#status;
    throw new KitError(
      'whatsapp_not_ready',
      `the session is ${state}${reason === undefined ? '' : `: ${reason}`}`,
    );
  }

  /** Starts it, or ends the pause before the next try. */
  start(): void {
    this.#isWanted = true;
    this.#isHurried = this.#life?.signal.aborted === true;
    this.#pause.abort();
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      this.#isStopping = false;
      if (this.#isWanted) this.start();
    });
  }

  /** While there is a reason a page that is ready is not enough: the session is `degraded`, and sends nothing. */
  hold(reason: string | undefined): void {
    this.#heldBecause = reason;
    if (this.#life?.isReady) this.#setReady();
  }

  /** Something beside the state that whoever asks for it should know. */
  remark(text: string | undefined): void {
    this.#remark = text;
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
      this.#setStatus(stateAfter(end), end.reason);
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
    const { browserPath, headless, limits, log, sessionsDir } = this.#options;
    this.#setStatus('starting');
    this.#isHurried = false;
    this.#observer.pageAway();
    try {
      await requireRoom(sessionsDir);
      await requireBrowser(browserPath);
      await this.#profile.claim();
      // Not before the port is open: the library and puppeteer take a third of a second to load.
      const { WhatsApp } = await import('../page/whatsapp.ts');
      const userAgent = await userAgentOf(browserPath);
      if (this.#isStopping || this.#reset !== undefined)
        return { kind: 'stopped', reason: 'stopped while it started' };
      const sandbox = this.#sandbox.isUsed;
      const browser = { browserPath, headless, userAgent, sandbox, profileDir: this.#profile.dir, limits };
      const open = (listener: WhatsAppListener) => new WhatsApp(browser, listener);
      const life: Life = new Life(
        open,
        limits,
        this.#lifeObserver(() => life),
        log,
      );
      this.#life = life;
      const end = await life.run();
      const isStartFailed = end.kind === 'failed' && life.readyAt === undefined;
      if (isStartFailed && (await this.#sandbox.isLacking(browserPath, log)))
        return { kind: 'stopped', reason: 'no sandbox' }; // The next one is due at once.
      return life.readyAt === undefined ? end : { ...end, readyForMs: Date.now() - life.readyAt };
    } catch (error) {
      return { kind: 'failed', reason: errorText(error) };
    } finally {
      this.#life = undefined;
      this.#codes.clear();
    }
  }

  #lifeObserver(life: () => Life): LifeObserver {
    return {
      state: (state, reason) => {
        if (state !== 'ready' && state !== 'degraded') this.#observer.pageAway();
        if (state !== 'ready') return this.#setStatus(state, reason);
        this.#setReady();
        this.#observer.pageReady(life());
      },
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
      // At once: until its browser is closed, nobody should take the session for what it was.
      ended: (end) => {
        this.#observer.pageAway();
        this.#setStatus(stateAfter(end), end.reason);
      },
    };
  }

  #setReady(): void {
    if (this.#heldBecause === undefined) this.#setStatus('ready');
    else this.#setStatus('degraded', this.#heldBecause);
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
    if (this.#isHurried) return;
    this.#pause = new AbortController();
    await wait(ms, undefined, { signal: this.#pause.signal }).catch(() => 'woken by start or stop');
  }
}
