import { errorText } from '../../contract/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { DeadlineError, within } from '../deadline.ts';
import { type BridgeLimits, DEFAULT_PROBE_MS } from '../limits.ts';
import { START_PASSKEY } from '../page/life/passkey.ts';
import { connectionFault, isLinked, type PageState } from '../page/page-state.ts';
import { ConnectionWatch } from './connection-watch.ts';
import type { MonitoredBrowser, PageObserver } from './monitored-browser.ts';
import { PageRemarks } from './page-remarks.ts';
import { PasskeyWatch } from './passkey/watch.ts';

/** Reason of the state `qr`. */
export const WAITING_FOR_SCAN = 'waiting for the phone to scan';

type Phase = 'loading' | 'linking' | 'syncing' | 'ready' | 'degraded';

/** Between two looks at a page that is not ready yet. */
const TEND_MS = 500;
/** A page that is ready answers a look in milliseconds: past this it does not count as ready, until it does answer. */
const LATE_MS = 3_000;
/** Between the look that first sees a drop of the connection and the next: a reconnect may be under way already. */
const RECHECK_MS = 1_000;

/**
 * Decides whether the page of one run of the browser is ready: by what the library announces, and by looks at the page
 * itself at intervals. A page that does not answer, or is not ready in time, ends the run.
 */
export class PageMonitor {
  readonly #browser: MonitoredBrowser;
  readonly #limits: BridgeLimits;
  readonly #log: Log;
  readonly #observer: PageObserver;
  readonly #remarks: PageRemarks;
  readonly #passkey: PasskeyWatch;
  readonly #connection = new ConnectionWatch();
  #phase: Phase = 'loading';
  #progressAt = Date.now();
  #readyAt: number | undefined;
  #nextLook: NodeJS.Timeout | undefined;
  #isLooking = false;
  /** The last look has failed between two documents, or something has happened since it began. */
  #isUnclear = false;
  #obstacle: string | undefined;

  constructor(browser: MonitoredBrowser, limits: BridgeLimits, log: Log, observer: PageObserver) {
    this.#browser = browser;
    this.#limits = limits;
    this.#log = log;
    this.#observer = observer;
    this.#remarks = new PageRemarks(log, (part, text) => observer.remark(part, text));
    const passkey = (reason: string) => {
      this.#enter('linking');
      observer.state('passkey', reason);
    };
    const linking = () => observer.state('qr', WAITING_FOR_SCAN);
    const start = () => this.#call('the passkey', () => browser.whatsapp.run(START_PASSKEY));
    this.#passkey = new PasskeyWatch({ start, passkey, linking }, log);
  }

  get isReady(): boolean {
    return this.#phase === 'ready';
  }

  /** A link waits for the user's passkey, and for no new code. */
  get isPasskeyAsked(): boolean {
    return this.#passkey.isAsked;
  }

  /** The page loads or reloads. */
  get isLoading(): boolean {
    return this.#phase === 'loading' || this.#phase === 'syncing';
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
    this.#observer.state('syncing', what);
  }

  navigated(): void {
    if (this.#phase !== 'loading') void this.look();
  }

  /** The page's connection to WhatsApp has this state. */
  connectionChanged(state: string): void {
    if (state === 'CONNECTED') void this.look();
    else this.#degrade(`the connection to WhatsApp is down (${state})`);
  }

  /**
   * Becomes ready, unless there is an obstacle in the page: the next look at it tries again. The library announces ready
   * at any change of hasSynced, and also for a page to which it does not listen.
   */
  async becomeReady(): Promise<void> {
    const { whatsapp, signal } = this.#browser;
    try {
      const page = await this.#call('a look at the page', () => whatsapp.pageState());
      // The library also announces a sync that is undone, as at a logout.
      if (
        page === undefined ||
        !page.hasSynced ||
        (whatsapp.obstacleIn(page) ?? connectionFault(page)) !== undefined
      )
        return;
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
    this.#observer.state('ready');
  }

  /** Looks at the page, cures what the library misses, and comes again; a page that does not answer ends the run. */
  async look(): Promise<void> {
    const { whatsapp, signal } = this.#browser;
    if (this.#isLooking || signal.aborted) {
      this.#isUnclear = true;
      return;
    }
    this.#isLooking = true;
    this.#isUnclear = false;
    clearTimeout(this.#nextLook);
    const lateMs = Math.min(LATE_MS, this.#limits.callMs / 2);
    const late = setTimeout(() => this.#degrade(`the page has not answered for ${lateMs} ms`), lateMs);
    try {
      await this.#tend(await this.#call('a look at the page', () => whatsapp.pageState()));
    } catch (error) {
      // Anything else is a page between two documents: the next look tells, and comes soon.
      this.#isUnclear = true;
      if (error instanceof DeadlineError)
        this.#browser.end({ kind: 'failed', reason: `the page hangs: ${error.message}` });
    } finally {
      clearTimeout(late);
      this.#isLooking = false;
    }
    if (signal.aborted) return;
    this.#nextLook = setTimeout(() => void this.look(), this.#pauseMs);
  }

  /** Makes no further look. */
  stop(): void {
    clearTimeout(this.#nextLook);
    this.#remarks.clear();
  }

  get #pauseMs(): number {
    if (this.#phase !== 'ready' || this.#isUnclear) return TEND_MS;
    const probeMs = this.#limits.probeMs ?? DEFAULT_PROBE_MS;
    return this.#connection.isDropSeen ? Math.min(RECHECK_MS, probeMs) : probeMs;
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
    if (this.#obstacle === obstacle) this.#observer.state('syncing', obstacle);
    this.#obstacle = obstacle;
  }

  #degrade(reason: string): void {
    if (this.#phase !== 'ready' || this.#browser.signal.aborted) return;
    this.#enter('degraded');
    this.#observer.state('degraded', reason);
  }

  async #tend(page: PageState | undefined): Promise<void> {
    const { whatsapp } = this.#browser;
    if (this.#phase !== 'ready' && (await this.#passkey.look(page))) return;
    const obstacle = page?.isInjected === true ? whatsapp.obstacleIn(page) : undefined;
    const isOurs = page?.isInjected === true && obstacle === undefined;
    if (page === undefined ? this.#phase !== 'syncing' : this.#phase === 'ready' && !isOurs) {
      this.#enter('syncing');
      this.#observer.state('syncing', 'WhatsApp loads its page anew');
    }
    if (this.#phase === 'linking') return this.#tendLinking(page);
    const fault = page && this.#connection.faultOf(page);
    if (isOurs) this.#judgeConnection(fault);
    if (this.#phase === 'ready') {
      const acknowledge = () => this.#call('a look at the dialogs', () => whatsapp.acknowledgeDialogs());
      return page && this.#remarks.note(page, acknowledge);
    }
    const hindrance = obstacle ?? (page?.hasSynced ? fault : undefined);
    if (hindrance === undefined) this.#obstacle = undefined;
    if (Date.now() - this.#progressAt > this.#limits.readyMs) {
      const why = hindrance ?? page?.state ?? 'no page';
      this.#browser.end(this.#connection.endAfter(this.#limits.readyMs, why));
    } else if (this.#phase === 'degraded') return;
    else if (hindrance !== undefined) this.#hindered(hindrance);
    else if (page?.hasSynced && Date.now() - this.#progressAt > 2 * TEND_MS) {
      if (isOurs) await this.becomeReady();
      else await whatsapp.repeatSynced();
    }
  }

  async #tendLinking(page: PageState | undefined): Promise<void> {
    if (page?.state === 'UNPAIRED_IDLE') await this.#browser.whatsapp.refreshQr();
    else if (page !== undefined && isLinked(page)) this.syncing('linking with the phone');
  }

  /** A page that is ready loses that when two looks in a row see its connection down, and has it again with the connection. */
  #judgeConnection(fault: string | undefined): void {
    const wasSeen = this.#connection.noteDrop(fault !== undefined);
    if (fault !== undefined && wasSeen) this.#degrade(fault);
    if (fault !== undefined && this.#phase === 'degraded' && this.#connection.isClosedForGood)
      this.#observer.state('degraded', fault);
    if (fault !== undefined || this.#phase !== 'degraded') return;
    this.#enter('ready');
    this.#observer.state('ready');
  }
}
