import type { WhatsApp } from '../page/whatsapp.ts';
import type { BrowserEnd } from '../session/browser-end.ts';

/** What the watchdog needs of a browser. */
export interface WatchedBrowser {
  readonly isReady: boolean;
  readonly whatsapp: Pick<WhatsApp, 'account'>;
  call<T>(what: string, act: (whatsapp: Pick<WhatsApp, 'run'>) => Promise<T>): Promise<T>;
  end(end: BrowserEnd): void;
}
