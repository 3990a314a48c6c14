import type { InboundEvent } from '../../../services/bridge/page/inbound-events.ts';
import type { SendingPage } from '../../../services/bridge/send/sending-browser.ts';
import type { Phone } from '../../../services/sandbox/phone/phone.ts';
import { implementationsUnderTest } from '../implementations.ts';
import { ModelWorld } from './model-world.ts';

/** A page that is linked to the sandbox's phone, as the conformance suite sees it. */
export interface PageUnderTest extends AsyncDisposable {
  readonly sandbox: { readonly phone: Phone };
  /** What the library has announced. */
  readonly events: readonly InboundEvent[];
  /** One call into the page of the browser that is ready. */
  call<T>(act: (sends: SendingPage['sends']) => Promise<T>): Promise<T>;
  misbehave(kind: string, more?: object): Promise<object>;
  /** Ends all misbehaviour; resolves when the page has heard of it. */
  behave(): Promise<void>;
  /** Somebody writes to this account; gives the id of the message. */
  incoming(body: object): string;
  /** The browser exits, and the next one starts. */
  killBrowser(): void;
  /** WhatsApp Web loads its page again; resolves when the page is ready again. */
  reload(): Promise<void>;
  untilReady(): Promise<unknown>;
}

export interface PageKind {
  readonly name: string;
  open(): Promise<PageUnderTest>;
}

const MODEL: PageKind = { name: 'model', open: async () => new ModelWorld() };
const REAL: PageKind = {
  name: 'real library before the stand-in',
  // Loaded only here: the unit tier needs none of it.
  open: async () => (await import('./real-page.ts')).RealPage.open(),
};

/** The pages that keep one contract: the model in this process, and the real one. */
export const pagesUnderTest = implementationsUnderTest(MODEL, REAL);
