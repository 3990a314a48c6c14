import type { WhatsAppMessage } from '../../contract/events.ts';
import type { WhatsAppSends } from '../page/sends.ts';
import type { WhatsApp } from '../page/whatsapp.ts';
import type { BrowserEnd } from '../session/browser-end.ts';

/** What a send needs of a browser. */
export interface SendingBrowser {
  readonly signal: AbortSignal;
  call<T>(what: string, act: (whatsapp: SendingPage) => Promise<T>, ms?: number): Promise<T>;
  end(end: BrowserEnd): void;
}

/** What a send needs of the page. */
export interface SendingPage {
  readonly sends: Pick<WhatsAppSends, keyof WhatsApp['sends']>;
}

/** A message that stands in its chat. */
export type PlacedMessage = Pick<WhatsAppMessage, 'id' | 'stanza_id' | 'chat_id' | 'timestamp'>;
