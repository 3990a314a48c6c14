import { errorText } from '../../contract/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { DeadlineError, within } from '../deadline.ts';
import type { BridgeLimits } from '../limits.ts';
import { BrowserEndedError, isPageError } from '../page/errors.ts';
import type { InboundEvent } from '../page/inbound-events.ts';
import type { WhatsAppListener } from '../page/life/whatsapp-listener.ts';
import type { WhatsApp } from '../page/whatsapp.ts';
import { type BrowserEnd, endOfDisconnect, endOfStart, endOfUnsupported } from './browser-end.ts';
import type { OpenWhatsApp } from './browser-opener.ts';
import type { ReportedState } from './monitored-browser.ts';
import { PageMonitor } from './page-monitor.ts';

/** Between two looks at a page that loads. */
const START_LOOK_MS = 1_000;

/** What the run of a browser reports to its session. */
export interface BrowserObserver {
  state(state: ReportedState, reason?: string): void;
  qr(code: string): void;
  pairingCode(code: string): void;
  /** `account` is the id of the account of its page, if it is known. */
  inbound(event: InboundEvent, account: string | undefined): void;
  /** Something to know about its page, which keeps it from nothing; undefined withdraws it. */
  remark(part: string, text: string | undefined): void;
  /** It has ended for this reason; its browser is yet to be closed. */
  ended(end: BrowserEnd): void;
}

/**
 * One run of the browser with its page, from launch to death. Whatever goes wrong ends it (`end`, the first reason
 * counts) and the session starts a new one: nothing is repaired in a browser that has failed.
 */
export class BrowserRun {
  readonly #whatsapp: WhatsApp;
  readonly #limits: BridgeLimits;
  readonly #observer: BrowserObserver;
  readonly #log: Log;
  readonly #monitor: PageMonitor;
  readonly #ended = Promise.withResolvers<BrowserEnd>();
  readonly #dead = new AbortController();

  constructor(open: OpenWhatsApp, limits: BridgeLimits, observer: BrowserObserver, log: Log) {
    this.#limits = limits;
    this.#observer = observer;
    this.#log = log;
    this.#whatsapp = open(this.#listener());
    const browser = {
      whatsapp: this.#whatsapp,
      signal: this.#dead.signal,
      end: (end: BrowserEnd) => this.end(end),
    };
    this.#monitor = new PageMonitor(browser, limits, log, observer);
  }

  get whatsapp(): WhatsApp {
    return this.#whatsapp;
  }

  get isReady(): boolean {
    return this.#monitor.isReady && !this.#dead.signal.aborted;
  }

  get isPasskeyAsked(): boolean {
    return this.#monitor.isPasskeyAsked;
  }

  /** When it was ready for the first time; undefined if never. */
  get readyAt(): number | undefined {
    return this.#monitor.readyAt;
  }

  get signal(): AbortSignal {
    return this.#dead.signal;
  }

  /** Launches the browser; resolves when it is closed and gone. */
  async run(): Promise<BrowserEnd> {
    this.#call('WhatsApp Web to load', this.#limits.initMs, () => this.#whatsapp.start()).then(
      () => this.#monitor.look(),
      (error: unknown) => this.end(endOfStart(error)),
    );
    const startLooks = setInterval(() => void this.#lookAtStart(), START_LOOK_MS);
    const end = await this.#ended.promise;
    clearInterval(startLooks);
    this.#monitor.stop();
    const trouble = await this.#whatsapp.close(this.#limits.destroyMs);
    if (trouble !== undefined) this.#log.info(`the browser was killed: ${errorText(trouble)}`);
    return end;
  }

  /** Ends it; calls that are under way are rejected at once. */
  end(end: BrowserEnd): void {
    if (this.#dead.signal.aborted) return;
    this.#dead.abort(new BrowserEndedError(end.reason));
    this.#ended.resolve(end);
    this.#observer.ended(end);
  }

  /** One call into the page, within `callMs`; a page that does not even answer a look afterwards ends the run. */
  call<T>(what: string, act: (whatsapp: WhatsApp) => Promise<T>, ms = this.#limits.callMs): Promise<T> {
    const outcome = this.#call(what, ms, () => act(this.#whatsapp));
    outcome.catch((error: unknown) => {
      if (error instanceof DeadlineError) void this.#monitor.look();
    });
    return outcome;
  }

  /** Unlinks the device. Never throws. */
  async unlink(): Promise<void> {
    try {
      await this.call('the unlinking', (whatsapp) => whatsapp.unlink());
    } catch (error) {
      // The page navigates away as it unlinks, which may break this very call off.
      this.#log.info(`the call that unlinks was broken off: ${errorText(error)}`);
    }
  }

  /** WhatsApp's page for a browser that it does not support never loads: without this look the start would time out. */
  async #lookAtStart(): Promise<void> {
    if (!this.#monitor.isLoading) return;
    try {
      const text = await this.#whatsapp.unsupportedText();
      if (text !== undefined) this.end(endOfUnsupported(text));
    } catch (error) {
      this.#log.debug(`the page that loads cannot be read yet: ${errorText(error)}`);
    }
  }

  #call<T>(what: string, ms: number, act: () => Promise<T>): Promise<T> {
    return within(ms, act(), what, this.#dead.signal);
  }

  #listener(): WhatsAppListener {
    return {
      qr: (code) => {
        this.#monitor.linking();
        this.#observer.qr(code);
      },
      pairingCode: (code) => {
        this.#monitor.linking();
        this.#observer.pairingCode(code);
      },
      progress: (what) => this.#monitor.syncing(what),
      ready: () => void this.#monitor.becomeReady(),
      connection: (state) => this.#monitor.connectionChanged(state),
      disconnected: (reason, logout) => this.end(endOfDisconnect(reason, logout)),
      died: (reason) => this.end({ kind: 'failed', reason }),
      navigated: () => this.#monitor.navigated(),
      pageError: (text) => this.#log.warn(`an error in the page: ${text}`),
      listenersFailed: (error) => {
        // A page that went away meanwhile is followed by one into which the library loads itself again.
        if (isPageError(error))
          this.end({
            kind: 'failed',
            reason: `whatsapp-web.js could not attach its listeners: ${errorText(error).split('\n')[0]}`,
          });
      },
      inbound: (event) => this.#observer.inbound(event, this.#whatsapp.account?.id),
    };
  }
}
