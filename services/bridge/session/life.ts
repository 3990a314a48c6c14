import { errorText } from '../../contract/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { DeadlineError, within } from '../deadline.ts';
import type { News } from '../events/news.ts';
import { type BridgeLimits, DEFAULT_PROBE_MS } from '../limits.ts';
import type { PageState } from '../page/data.ts';
import type { WhatsApp, WhatsAppListener } from '../page/whatsapp.ts';
import { isPageError } from '../send/errors.ts';
import { endOfDisconnect, endOfStart, type LifeEnd, LifeEndedError } from './life-end.ts';

type Phase = 'loading' | 'linking' | 'syncing' | 'ready' | 'degraded';

/** What a life tells its session. */
export interface LifeObserver {
  state(state: 'qr' | 'pairing' | 'syncing' | 'ready' | 'degraded', reason?: string): void;
  qr(code: string): void;
  pairingCode(code: string): void;
  news(news: News): void;
  /** It has ended for this reason; its browser is yet to be closed. */
  ended(end: LifeEnd): void;
}

/** Between two looks at a page that is not ready yet. */
const TEND_MS = 500;
/** A page that is ready answers a look in milliseconds: past this it does not count as ready, until it does answer. */
const LATE_MS = 3_000;

/**
 * One browser, from its launch to its death. Whatever goes wrong ends it (`end`, the first reason counts) and a new one
 * is started by the session: nothing is mended in a browser that has failed.
 */
export class Life {
  readonly #whatsapp: WhatsApp;
  readonly #limits: BridgeLimits;
  readonly #observer: LifeObserver;
  readonly #log: Log;
  readonly #ended = Promise.withResolvers<LifeEnd>();
  readonly #gone = Promise.withResolvers<void>();
  readonly #dead = new AbortController();
  #phase: Phase = 'loading';
  #progressAt = Date.now();
  #readyAt: number | undefined;
  #nextLook: NodeJS.Timeout | undefined;
  #isLooking = false;
  #obstacle: string | undefined;

  constructor(
    open: (listener: WhatsAppListener) => WhatsApp,
    limits: BridgeLimits,
    observer: LifeObserver,
    log: Log,
  ) {
    this.#limits = limits;
    this.#observer = observer;
    this.#log = log;
    this.#whatsapp = open(this.#listener());
  }

  get whatsapp(): WhatsApp {
    return this.#whatsapp;
  }

  get isReady(): boolean {
    return this.#phase === 'ready' && !this.#dead.signal.aborted;
  }

  /** When it was ready for the first time; undefined if never. */
  get readyAt(): number | undefined {
    return this.#readyAt;
  }

  get signal(): AbortSignal {
    return this.#dead.signal;
  }

  /** Resolves when no process of the browser is left. */
  get gone(): Promise<void> {
    return this.#gone.promise;
  }

  /** Lives; resolves when the browser is closed and gone. */
  async run(): Promise<LifeEnd> {
    try {
      return await this.#run();
    } finally {
      this.#gone.resolve();
    }
  }

  async #run(): Promise<LifeEnd> {
    this.#call('WhatsApp Web to load', this.#limits.initMs, () => this.#whatsapp.start()).then(
      () => this.#look(),
      (error: unknown) => this.end(endOfStart(error)),
    );
    const end = await this.#ended.promise;
    clearTimeout(this.#nextLook);
    const trouble = await this.#whatsapp.close(this.#limits.destroyMs);
    if (trouble !== undefined) this.#log.info(`the browser was killed: ${errorText(trouble)}`);
    return end;
  }

  /** Ends it; calls that are under way are rejected at once. */
  end(end: LifeEnd): void {
    if (this.#dead.signal.aborted) return;
    this.#dead.abort(new LifeEndedError(end.reason));
    this.#ended.resolve(end);
    this.#observer.ended(end);
  }

  /** One call into the page, within `callMs`; a page that does not even answer a look afterwards ends the life. */
  call<T>(what: string, act: (whatsapp: WhatsApp) => Promise<T>, ms = this.#limits.callMs): Promise<T> {
    const outcome = this.#call(what, ms, () => act(this.#whatsapp));
    outcome.catch((error: unknown) => {
      if (error instanceof DeadlineError) void this.#look();
    });
    return outcome;
  }

  #call<T>(what: string, ms: number, act: () => Promise<T>): Promise<T> {
    return within(ms, act(), what, this.#dead.signal);
  }

  #listener(): WhatsAppListener {
    return {
      qr: (code) => {
        this.#enter('linking');
        this.#observer.qr(code);
      },
      pairingCode: (code) => {
        this.#enter('linking');
        this.#observer.pairingCode(code);
      },
      progress: (what) => this.#sync(what),
      ready: () => void this.#becomeReady(),
      connection: (state) => this.#connectionChanged(state),
      disconnected: (reason) => this.end(endOfDisconnect(reason)),
      died: (reason) => this.end({ kind: 'failed', reason }),
      navigated: () => {
        if (this.#phase !== 'loading') void this.#look();
      },
      pageError: (text) => this.#log.warn(`an error in the page: ${text}`),
      listenersFailed: (error) => {
        // A page that went away meanwhile is followed by one into which the library loads itself again.
        if (isPageError(error))
          this.end({
            kind: 'failed',
            reason: `whatsapp-web.js could not attach its listeners: ${errorText(error).split('\n')[0]}`,
          });
      },
      news: (news) => this.#observer.news(news),
    };
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#progressAt = Date.now();
  }

  #sync(what: string): void {
    if (this.#phase === 'ready' || this.#phase === 'degraded') return;
    this.#enter('syncing');
    this.#observer.state('syncing', what);
  }

  /**
   * Becomes ready, unless there is an obstacle in the page: the next look at it tries again. The library announces ready
   * at any change of hasSynced, and also for a page to which it does not listen.
   */
  async #becomeReady(): Promise<void> {
    try {
      const page = await this.#call('a look at the page', this.#limits.callMs, () =>
        this.#whatsapp.pageState(),
      );
      if (page === undefined || this.#whatsapp.obstacleIn(page) !== undefined) return;
    } catch (error) {
      this.#log.debug(`the page was announced as ready, but cannot be read yet: ${errorText(error)}`);
      return;
    }
    try {
      await this.#call('the preparation of sends', this.#limits.callMs, () =>
        this.#whatsapp.installSteering(),
      );
    } catch (error) {
      this.#log.warn(
        { err: error },
        `message ids cannot be chosen beforehand in this page: ${errorText(error)}`,
      );
    }
    if (this.#dead.signal.aborted) return;
    this.#readyAt ??= Date.now();
    this.#enter('ready');
    this.#observer.state('ready');
  }

  /** Reports what keeps the page from ready, once two looks in a row have seen it. It is no progress: `readyMs` goes on. */
  #hindered(obstacle: string): void {
    if (this.#obstacle === obstacle) this.#observer.state('syncing', obstacle);
    this.#obstacle = obstacle;
  }

  #connectionChanged(state: string): void {
    if (state === 'CONNECTED' && this.#phase === 'degraded') {
      this.#enter('ready');
      this.#observer.state('ready');
    } else if (state !== 'CONNECTED') this.#degrade(`the link to WhatsApp is ${state}`);
  }

  #degrade(reason: string): void {
    if (this.#phase !== 'ready' || this.#dead.signal.aborted) return;
    this.#enter('degraded');
    this.#observer.state('degraded', reason);
  }

  /** Looks at the page, cures what the library misses, and comes again; a page that does not answer ends the life. */
  async #look(): Promise<void> {
    if (this.#isLooking || this.#dead.signal.aborted) return;
    this.#isLooking = true;
    clearTimeout(this.#nextLook);
    const lateMs = Math.min(LATE_MS, this.#limits.callMs / 2);
    const late = setTimeout(() => this.#degrade(`the page has not answered for ${lateMs} ms`), lateMs);
    try {
      const page = await this.#call('a look at the page', this.#limits.callMs, () =>
        this.#whatsapp.pageState(),
      );
      await this.#tend(page);
    } catch (error) {
      // Anything else is a page between two documents: the next look tells.
      if (error instanceof DeadlineError)
        this.end({ kind: 'failed', reason: `the page hangs: ${error.message}` });
    } finally {
      clearTimeout(late);
      this.#isLooking = false;
    }
    if (this.#dead.signal.aborted) return;
    const pauseMs = this.#phase === 'ready' ? (this.#limits.probeMs ?? DEFAULT_PROBE_MS) : TEND_MS;
    this.#nextLook = setTimeout(() => void this.#look(), pauseMs);
  }

  async #tend(page: PageState | undefined): Promise<void> {
    const obstacle = page?.isInjected === true ? this.#whatsapp.obstacleIn(page) : undefined;
    const isOurs = page?.isInjected === true && obstacle === undefined;
    if (obstacle === undefined) this.#obstacle = undefined;
    if (page === undefined ? this.#phase !== 'syncing' : this.#phase === 'ready' && !isOurs) {
      this.#enter('syncing');
      this.#observer.state('syncing', 'WhatsApp loads its page anew');
    }
    const isUnlinked = page?.state === 'UNPAIRED' || page?.state === 'UNPAIRED_IDLE';
    if (this.#phase === 'linking') {
      if (page?.state === 'UNPAIRED_IDLE') await this.#whatsapp.refreshQr();
      if (!isUnlinked) this.#sync('linking with the phone');
      return;
    }
    if (isOurs && page?.state) this.#connectionChanged(page.state);
    if (this.#phase === 'ready') return;
    if (Date.now() - this.#progressAt > this.#limits.readyMs) {
      this.end({
        kind: 'failed',
        reason: `WhatsApp was not ready within ${this.#limits.readyMs} ms (${obstacle ?? page?.state ?? 'no page'})`,
      });
    } else if (obstacle !== undefined) this.#hindered(obstacle);
    else if (this.#phase !== 'degraded' && page?.hasSynced && Date.now() - this.#progressAt > 2 * TEND_MS) {
      if (isOurs) await this.#becomeReady();
      else await this.#whatsapp.repeatSynced();
    }
  }
}
