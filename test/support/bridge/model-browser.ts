import { within } from '../../../services/bridge/deadline.ts';
import type { BridgeLimits } from '../../../services/bridge/limits.ts';
import { BrowserEndedError } from '../../../services/bridge/page/errors.ts';
import type { InboundEvent } from '../../../services/bridge/page/inbound-events.ts';
import type { SendingBrowser, SendingPage } from '../../../services/bridge/send/sending-browser.ts';
import type { BrowserEnd } from '../../../services/bridge/session/browser-end.ts';
import type { Page } from '../../../services/sandbox/phone/connected-pages.ts';
import type { Phone } from '../../../services/sandbox/phone/phone.ts';
import { randomHex } from '../../../services/sandbox/phone/whatsapp-ids.ts';
import { parsePolicy } from '../../../services/sandbox/web/policy.ts';
import {
  type Fields,
  listOf,
  numberOf,
  parseMessage,
  recordOf,
  textOf,
  type WireMessage,
} from '../../../services/sandbox/web/wire.ts';
import { PageModel } from './page-model.ts';
import type { Moment, PageDatabase } from './page-outbox.ts';

export interface ModelBrowserParts {
  readonly phone: Phone;
  readonly deviceId: string;
  readonly database: PageDatabase;
  readonly limits: BridgeLimits;
  tell(event: InboundEvent): void;
  onMoment(moment: Moment, message: WireMessage): void;
  onEnd(end: BrowserEnd): void;
}

/** A browser with the model of the page in it, connected to the sandbox's phone as the stand-in's page is. */
export class ModelBrowser implements SendingBrowser {
  readonly #parts: ModelBrowserParts;
  readonly #dead = new AbortController();
  #page: PageModel;
  #connection: Page;

  constructor(parts: ModelBrowserParts) {
    this.#parts = parts;
    [this.#page, this.#connection] = this.#load();
  }

  get signal(): AbortSignal {
    return this.#dead.signal;
  }

  /** The page is loaded, has the hooks of the bridge, and is connected to WhatsApp. */
  get isReady(): boolean {
    return !this.#dead.signal.aborted && this.#page.isHooked && this.#page.outbox.isConnected;
  }

  call<T>(what: string, act: (page: SendingPage) => Promise<T>, ms = this.#parts.limits.callMs): Promise<T> {
    return within(ms, act(this.#page), what, this.signal);
  }

  end(end: BrowserEnd): void {
    if (this.#dead.signal.aborted) return;
    this.#dead.abort(new BrowserEndedError(end.reason));
    this.#unload('Protocol error (Runtime.callFunctionOn): Target closed');
    this.#parts.onEnd(end);
  }

  /** WhatsApp Web loads its page again, in the same browser. */
  reload(): void {
    this.#unload('Execution context was destroyed, most likely because of a navigation.');
    [this.#page, this.#connection] = this.#load();
  }

  #unload(text: string): void {
    this.#page.end(text);
    this.#parts.phone.pages.disconnect(this.#connection);
  }

  #load(): [PageModel, Page] {
    const { phone, deviceId } = this.#parts;
    const page = new PageModel(this.#parts);
    const connection = phone.pages.connect(randomHex(8), (data) =>
      page.soon(() => this.#run(page, connection, recordOf(data))),
    );
    phone.greet(connection, deviceId);
    page.soon(() => {
      page.messages.hydrate();
      page.isHooked = true;
      if (!phone.isOffline) this.#connect(page, connection);
    });
    return [page, connection];
  }

  #connect(page: PageModel, connection: Page): void {
    page.outbox.isConnected = true;
    page.outbox.deliverKept();
    this.#parts.phone.welcome(connection);
  }

  /** Does what the phone asks for, as `services/sandbox/web/commands.ts` does. */
  #run(page: PageModel, connection: Page, command: Fields): void {
    const { phone } = this.#parts;
    const { messages, outbox } = page;
    switch (textOf(command, 'cmd')) {
      case 'incoming': {
        const incoming = listOf(command.messages).map(parseMessage);
        for (const message of incoming) messages.show(message, true);
        phone.delivered(incoming.map(({ id }) => id));
        break;
      }
      case 'acks':
        for (const [id, ack] of listOf(command.items).map(listOf)) outbox.applyAck(String(id), Number(ack));
        phone.delivery.heard(numberOf(command, 'seq'));
        break;
      case 'edit':
        messages.change(textOf(command, 'id'), { body: textOf(command, 'body') });
        break;
      case 'revoke':
        messages.change(textOf(command, 'id'), { type: 'revoked' });
        break;
      case 'policy':
        page.policy = parsePolicy(command.policy);
        break;
      case 'offline':
        outbox.isConnected = false;
        connection.isUp = false;
        break;
      case 'online':
        if (!outbox.isConnected) this.#connect(page, connection);
        break;
      case 'reload':
        this.reload();
    }
    if (typeof command.n === 'number') connection.answered(command.n);
  }
}
