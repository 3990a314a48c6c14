import type { WhatsAppMessage } from '../../contract/events.ts';
import type { WhatsAppSends } from '../page/sends.ts';
import type { WhatsApp } from '../page/whatsapp.ts';
import type { LifeEnd } from '../session/life-end.ts';

/** What a send needs of the life of a browser. */
export interface SendingLife {
  readonly signal: AbortSignal;
  call<T>(what: string, act: (whatsapp: SendingPage) => Promise<T>, ms?: number): Promise<T>;
  end(end: LifeEnd): void;
}

export interface SendingPage {
  readonly sends: Pick<WhatsAppSends, keyof WhatsApp['sends']>;
}

/** A message that stands in its chat. */
export type PlacedMessage = Pick<WhatsAppMessage, 'id' | 'stanza_id' | 'chat_id' | 'timestamp'>;
