import { errorText } from '../../contract/errors.ts';
import type { SessionState } from '../../contract/events.ts';
import type { Log } from '../../runtime/log.ts';
import { DeadlineError, within } from '../deadline.ts';
import { type BridgeLimits, DEFAULT_PROBE_MS } from '../limits.ts';
import type { PageState } from '../page/page-state.ts';
import type { WhatsApp } from '../page/whatsapp.ts';
import type { BrowserEnd } from './browser-end.ts';

/** The states of a session that its page decides. */
export type ReportedState = Extract<SessionState, 'syncing' | 'ready' | 'degraded'>;

/** What the monitor needs of the run of a browser. */
export interface MonitoredBrowser {
  readonly whatsapp: WhatsApp;
  /** Aborts when the run has ended. */
  readonly signal: AbortSignal;
  end(end: BrowserEnd): void;
}

type Phase = 'loading' | 'linking' | 'syncing' | 'ready' | 'degraded';

/** Between two looks at a page that is not ready yet. */
const TEND_MS = 500;
/** A page that is ready answers a look in milliseconds: past this it does not count as ready, until it does answer. */
const LATE_MS = 3_000;

/**
 * Decides whether the page of one run of the browser is ready: by what the library announces, and by looks at the page
 * itself at intervals. A page that does not answer, or is not ready in time, ends the run.
 */
export class PageMonitor {
  readonly #browser: MonitoredBrowser;
  readonly #limits: BridgeLimits;
  readonly #log: Log;
  readonly #onState: (state: ReportedState, reason?: string) => void;
  #phase: Phase = 'loading';
  #progressAt = Date.now();
  #readyAt: number | undefined;
  #nextLook: NodeJS.Timeout | undefined;
  #isLooking = false;
  #obstacle: string | undefined;

  constructor(
    browser: MonitoredBrowser,
    limits: BridgeLimits,
    log: Log,
    onState: (state: ReportedState, reason?: string) => void,
  ) {
    this.#browser = browser;
    this.#limits = limits;
    this.#log = log;
    this.#onState = onState;
  }

  get isReady(): boolean {
    return this.#phase === 'ready';
  }

  /** When the page was ready for the first time; undefined if never. */
  get readyAt(): number | undefined {
    return this.#readyAt;
  }

  /** The page shows a code for the phone. */
  linking(): void {
    this.#enter('linking');
  }

  /** A login is being restored or made. */
  syncing(what: string): void {
    if (this.#phase === 'ready' || this.#phase === 'degraded') return;
    this.#enter('syncing');
    this.#onState('syncing', what);
  }

  navigated(): void {
    if (this.#phase !== 'loading') void this.look();
  }

  /** The page's connection to WhatsApp has this state. */
  connectionChanged(state: string): void {
    if (state === 'CONNECTED' && this.#phase === 'degraded') {
      this.#enter('ready');
      this.#onState('ready');
    } else if (state !== 'CONNECTED') this.#degrade(`the link to WhatsApp is ${state}`);
  }

  /**
   * Becomes ready, unless there is an obstacle in the page: the next look at it tries again. The library announces ready
   * at any change of hasSynced, and also for a page to which it does not listen.
   */
  async becomeReady(): Promise<void> {
    const { whatsapp, signal } = this.#browser;
    try {
      const page = await this.#call('a look at the page', () => whatsapp.pageState());
      if (page === undefined || whatsapp.obstacleIn(page) !== undefined) return;
    } catch (error) {
      this.#log.debug(`the page was announced as ready, but cannot be read yet: ${errorText(error)}`);
      return;
    }
    try {
      await this.#call('the preparation of sends', () => whatsapp.installSendHooks());
    } catch (error) {
      this.#log.warn(
        { err: error },
        `message ids cannot be chosen beforehand in this page: ${errorText(error)}`,
      );
    }
    try {
      const obstacle = await this.#call('the test of the page', () => whatsapp.test());
      if (obstacle !== undefined) return this.#hindered(obstacle);
    } catch (error) {
      this.#log.debug(`the page could not be tested, and is not ready yet: ${errorText(error)}`);
      return;
    }
    if (signal.aborted) return;
    this.#readyAt ??= Date.now();
    this.#enter('ready');
    this.#onState('ready');
  }

  /** Looks at the page, cures what the library misses, and comes again; a page that does not answer ends the run. */
  async look(): Promise<void> {
    const { whatsapp, signal } = this.#browser;
    if (this.#isLooking || signal.aborted) return;
    this.#isLooking = true;
    clearTimeout(this.#nextLook);
    const lateMs = Math.min(LATE_MS, this.#limits.callMs / 2);
    const late = setTimeout(() => this.#degrade(`the page has not answered for ${lateMs} ms`), lateMs);
    try {
      await this.#tend(await this.#call('a look at the page', () => whatsapp.pageState()));
    } catch (error) {
      // Anything else is a page between two documents: the next look tells.
      if (error instanceof DeadlineError)
        this.#browser.end({ kind: 'failed', reason: `the page hangs: ${error.message}` });
    } finally {
      clearTimeout(late);
      this.#isLooking = false;
    }
    if (signal.aborted) return;
    const pauseMs = this.#phase === 'ready' ? (this.#limits.probeMs ?? DEFAULT_PROBE_MS) : TEND_MS;
    this.#nextLook = setTimeout(() => void this.look(), pauseMs);
  }

  /** Makes no further look. */
  stop(): void {
    clearTimeout(this.#nextLook);
  }

  #call<T>(what: string, act: () => Promise<T>): Promise<T> {
    return within(this.#limits.callMs, act(), what, this.#browser.signal);
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#progressAt = Date.now();
  }

  /** Reports what keeps the page from ready, once two looks in a row have seen it. It is no progress: `readyMs` goes on. */
  #hindered(obstacle: string): void {
    if (this.#obstacle === obstacle) this.#onState('syncing', obstacle);
    this.#obstacle = obstacle;
  }

  #degrade(reason: string): void {
    if (this.#phase !== 'ready' || this.#browser.signal.aborted) return;
    this.#enter('degraded');
    this.#onState('degraded', reason);
  }

  async #tend(page: PageState | undefined): Promise<void> {
    const { whatsapp } = this.#browser;
    const obstacle = page?.isInjected === true ? whatsapp.obstacleIn(page) : undefined;
    const isOurs = page?.isInjected === true && obstacle === undefined;
    if (obstacle === undefined) this.#obstacle = undefined;
    if (page === undefined ? this.#phase !== 'syncing' : this.#phase === 'ready' && !isOurs) {
      this.#enter('syncing');
      this.#onState('syncing', 'WhatsApp loads its page anew');
    }
    const isUnlinked = page?.state === 'UNPAIRED' || page?.state === 'UNPAIRED_IDLE';
    if (this.#phase === 'linking') {
      if (page?.state === 'UNPAIRED_IDLE') await whatsapp.refreshQr();
      if (!isUnlinked) this.syncing('linking with the phone');
      return;
    }
    if (isOurs && page?.state) this.connectionChanged(page.state);
    if (this.#phase === 'ready') return;
    if (Date.now() - this.#progressAt > this.#limits.readyMs) {
      this.#browser.end({
        kind: 'failed',
        reason: `WhatsApp was not ready within ${this.#limits.readyMs} ms (${obstacle ?? page?.state ?? 'no page'})`,
      });
    } else if (obstacle !== undefined) this.#hindered(obstacle);
    else if (this.#phase !== 'degraded' && page?.hasSynced && Date.now() - this.#progressAt > 2 * TEND_MS) {
      if (isOurs) await this.becomeReady();
      else await whatsapp.repeatSynced();
    }
  }
}
