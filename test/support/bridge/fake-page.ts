import pino from 'pino';
import { within } from '../../../services/bridge/deadline.ts';
import type { BridgeLimits } from '../../../services/bridge/limits.ts';
import type { NewContent } from '../../../services/bridge/page/content.ts';
import type { FoundMessage } from '../../../services/bridge/page/data.ts';
import { BrowserEndedError } from '../../../services/bridge/page/errors.ts';
import { personAmong, type ResolvedPerson } from '../../../services/bridge/page/people/resolve.ts';
import { Sender } from '../../../services/bridge/send/sender.ts';
import type { SendingBrowser, SendingPage } from '../../../services/bridge/send/sending-browser.ts';
import type { BrowserEnd } from '../../../services/bridge/session/browser-end.ts';
import { KitError } from '../../../services/contract/errors.ts';
import type { WhatsAppMessage } from '../../../services/contract/events.ts';
import { LIMITS } from './limits.ts';

export type Sends = SendingPage['sends'];

/** A page that opens, prepares and forgets at once, and hangs at each send, unless the test says otherwise. */
export function pageWith(sends: Partial<Sends>): SendingPage {
  return {
    sends: {
      account: async () => [],
      resolve: async (chatId) => resolvedTo(chatId),
      open: async (address) => [address],
      prepare: async () => undefined,
      drop: async () => undefined,
      send: () => hang(),
      cancelSend: async () => 'adding',
      find: async () => undefined,
      ownSince: async () => [],
      react: async () => undefined,
      edit: async () => true,
      revoke: async () => true,
      resend: async () => undefined,
      outcomeOf: async () => undefined,
      linkedAt: async () => undefined,
      isDeliveryOver: async () => true,
      ...sends,
    },
  };
}

/** What a page says of a number or LID that it asked for, and that WhatsApp knows at this address. */
export function resolvedTo(chatId: string): ResolvedPerson {
  return { chatId, person: personAmong([chatId]), isAsked: true };
}

/** A sender before one page, whose browser the test may end. */
export class FakeBrowser implements SendingBrowser {
  readonly sender: Sender;
  readonly #page: SendingPage;
  /** May be changed between sends. */
  readonly limits: { -readonly [Name in keyof BridgeLimits]: BridgeLimits[Name] };
  #dead = new AbortController();
  /** Why its browsers have ended. */
  readonly ends: BrowserEnd[] = [];
  isReady = true;

  constructor(page: SendingPage, limits: Partial<BridgeLimits>) {
    this.#page = page;
    this.limits = { ...LIMITS, ...limits };
    const readyBrowser = () => {
      if (this.isReady && !this.signal.aborted) return this;
      throw new KitError('whatsapp_not_ready', 'the browser has ended');
    };
    this.sender = new Sender(readyBrowser, this.limits, pino({ level: 'silent' }));
  }

  get signal(): AbortSignal {
    return this.#dead.signal;
  }

  call<T>(what: string, act: (page: SendingPage) => Promise<T>, ms = this.limits.callMs): Promise<T> {
    return within(ms, act(this.#page), what, this.signal);
  }

  end(end: BrowserEnd): void {
    this.ends.push(end);
    this.#dead.abort(new BrowserEndedError(end.reason));
  }

  /** As the session does after an end: another browser. */
  startAgain(): void {
    this.#dead = new AbortController();
  }
}

/** The message that a send has made, as the page gives it. */
export function madeOf(address: string, content: NewContent, stanzaId: string): WhatsAppMessage {
  return {
    id: `true_${address}_${stanzaId}`,
    stanza_id: stanzaId,
    chat_id: address,
    from: 'me@c.us',
    to: address,
    from_me: true,
    type: 'chat',
    body: textOf(content),
    timestamp: 1,
    ack: 1,
    has_media: content.kind === 'media',
  };
}

/** A message as a look at the page gives it: WhatsApp's server has it. */
export function foundOf(message: WhatsAppMessage, more: Partial<FoundMessage> = {}): FoundMessage {
  const may = { mayEdit: true, mayRevoke: true };
  return { ...message, ...may, isFailed: false, isRefused: false, isEditFailed: false, ...more };
}

export function textOf(content: NewContent): string {
  return content.kind === 'text' ? content.text : content.kind;
}

export function hang(_meanwhile?: unknown): Promise<never> {
  return new Promise(() => undefined);
}
