import type { SessionState } from '../../contract/events.ts';
import type { WhatsApp } from '../page/whatsapp.ts';
import type { BrowserEnd } from './browser-end.ts';

/** What the monitor needs of the page. */
export type MonitoredPage = Pick<
  WhatsApp,
  | 'pageState'
  | 'obstacleIn'
  | 'installSendHooks'
  | 'repeatSynced'
  | 'refreshQr'
  | 'acknowledgeDialogs'
  | 'test'
  | 'run'
>;

/** What the monitor needs of the run of a browser. */
export interface MonitoredBrowser {
  readonly whatsapp: MonitoredPage;
  /** Aborts when the run has ended. */
  readonly signal: AbortSignal;
  end(end: BrowserEnd): void;
}

/** The states of a session that its page decides. */
export type ReportedState = Extract<SessionState, 'qr' | 'passkey' | 'syncing' | 'ready' | 'degraded'>;

/** What the monitor reports of the page. */
export interface PageObserver {
  state(state: ReportedState, reason?: string): void;
  /** Something to know about the page, which keeps it from nothing; undefined withdraws it. */
  remark(part: string, text: string | undefined): void;
}
