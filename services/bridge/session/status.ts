import type { QrAnswer } from '../../contract/bridge.ts';
import type { SessionState } from '../../contract/events.ts';
import type { Log } from '../../runtime/log.ts';
import type { InboundEvent } from '../page/inbound-events.ts';
import { type BrowserEnd, stateAfter } from './browser-end.ts';
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
  /** `account` is the id of the account that is linked, if it is known. */
  inbound(event: InboundEvent, account: string | undefined): void;
  /** A page has become ready, for the first time or again: it may hold what was missed. */
  pageReady(browser: BrowserRun): void;
  /** From here on nothing may be told of what happens. */
  pageAway(): void;
}

/** What strangers read of a reason that may name a path or an address. */
const PRIVATE = 'GET /api/whatsapp/status has the reason';

/** The states on the way to another link, in which the end of the last browser is still news. */
const ON_THE_WAY: readonly SessionState[] = ['starting', 'qr', 'pairing', 'passkey', 'syncing'];

/** The state of a session with its reason: logs each change, and reports it to the observer. */
export class StatusReporter {
  readonly #session: string;
  readonly #observer: SessionObserver;
  readonly #log: Log;
  #status: SessionStatus = { state: 'stopped', since: new Date().toISOString() };
  #heldBecause: string | undefined;
  readonly #remarks = new Map<string, string>();
  /** How the last browser ended, until a session is ready again. */
  #lastEnd: (BrowserEnd & { readonly at: string }) | undefined;

  constructor(session: string, observer: SessionObserver, log: Log) {
    this.#session = session;
    this.#observer = observer;
    this.#log = log;
  }

  get state(): SessionState {
    return this.#status.state;
  }

  /** With the remarks, and on the way to another link with the end of the last browser. */
  get status(): SessionStatus {
    const reason = join([
      this.#status.reason,
      this.#lastEndText((end) => end.reason),
      ...this.#remarks.values(),
    ]);
    return reason === undefined ? this.#status : { ...this.#status, reason };
  }

  /** The reason for strangers: without the remarks, and without what may name a path or an address. */
  get publicReason(): string | undefined {
    const { state, reason } = this.#status;
    if (state === 'ready') return undefined;
    const end = this.#lastEnd;
    const isOfEnd = end !== undefined && end.reason === reason;
    return join([isOfEnd ? publicReasonOf(end) : reason, this.#lastEndText(publicReasonOf)]);
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

  /** A browser has ended. May be called twice for one. */
  ended(end: BrowserEnd): void {
    const { state, reason } = this.#status;
    const isKnown = state === stateAfter(end) && reason === end.reason;
    if (end.kind !== 'stopped' && !isKnown) this.#lastEnd = { ...end, at: new Date().toISOString() };
    this.set(stateAfter(end), end.reason);
  }

  setReady(): void {
    this.#lastEnd = undefined;
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

  #lastEndText(reasonOf: (end: BrowserEnd) => string): string | undefined {
    const end = this.#lastEnd;
    if (end === undefined || !ON_THE_WAY.includes(this.state)) return undefined;
    return `the last browser ended at ${end.at}: ${reasonOf(end)}`;
  }
}

function publicReasonOf({ kind, isPublic, reason }: BrowserEnd): string {
  return kind === 'failed' && !isPublic ? PRIVATE : reason;
}

function join(reasons: readonly (string | undefined)[]): string | undefined {
  const known = reasons.filter((reason) => reason !== undefined);
  return known.length === 0 ? undefined : known.join('; ');
}
