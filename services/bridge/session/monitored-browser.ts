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
