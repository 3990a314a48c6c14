import type { QrAnswer } from '../../contract/bridge.ts';
import type { SessionState } from '../../contract/events.ts';
import type { Log } from '../../runtime/log.ts';
import type { InboundEvent } from '../page/inbound-events.ts';
import type { BrowserRun } from './browser-run.ts';

export interface SessionStatus {
  readonly state: SessionState;
  readonly since: string;
  readonly reason?: string;
}

/** What a session reports. */
export interface SessionObserver {
  state(status: SessionStatus): void;
  qr(answer: QrAnswer): void;
  inbound(event: InboundEvent): void;
  /** A page has become ready, for the first time or again: it may hold what was missed. */
  pageReady(browser: BrowserRun): void;
  /** From here on nothing may be told of what happens. */
  pageAway(): void;
}

/** The state of a session with its reason: logs each change, and reports it to the observer. */
export class StatusReporter {
  readonly #session: string;
  readonly #observer: SessionObserver;
  readonly #log: Log;
  #status: SessionStatus = { state: 'stopped', since: new Date().toISOString() };
  #heldBecause: string | undefined;
  readonly #remarks = new Map<string, string>();

  constructor(session: string, observer: SessionObserver, log: Log) {
    this.#session = session;
    this.#observer = observer;
    this.#log = log;
  }

  get state(): SessionState {
    return this.#status.state;
  }

  /** With the remarks. */
  get status(): SessionStatus {
    const reasons = [this.#status.reason, ...this.#remarks.values()].filter((reason) => reason !== undefined);
    return reasons.length === 0 ? this.#status : { ...this.#status, reason: reasons.join('; ') };
  }

  /** The state and its reason in words, without the remarks. */
  get text(): string {
    const { state, reason } = this.#status;
    return `${state}${reason === undefined ? '' : `: ${reason}`}`;
  }

  get isHeld(): boolean {
    return this.#heldBecause !== undefined;
  }

  /** While there is a reason, a session with a ready page is `degraded`; from the next `setReady` on. */
  hold(reason: string | undefined): void {
    this.#heldBecause = reason;
  }

  /** Each part of the bridge has one remark; undefined withdraws it. */
  remark(part: string, text: string | undefined): void {
    if (text === undefined) this.#remarks.delete(part);
    else if (this.#remarks.get(part) !== text) {
      this.#remarks.set(part, text);
      this.#log.info(`session ${this.#session}: ${text}`);
    }
  }

  setReady(): void {
    if (this.#heldBecause === undefined) this.set('ready');
    else this.set('degraded', this.#heldBecause);
  }

  set(state: SessionState, reason?: string): void {
    const before = this.#status;
    if (state === before.state && reason === before.reason) return;
    const since = state === before.state ? before.since : new Date().toISOString();
    this.#status = { state, since, ...(reason === undefined ? {} : { reason }) };
    this.#log.info({ state, reason }, `session ${this.#session} is ${this.text}`);
    this.#observer.state(this.#status);
  }
}
