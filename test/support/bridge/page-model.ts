import type { NewContent } from '../../../services/bridge/page/content.ts';
import { readMessage } from '../../../services/bridge/page/data.ts';
import { SendEndedError } from '../../../services/bridge/page/errors.ts';
import type { InboundEvent } from '../../../services/bridge/page/inbound-events.ts';
import type { SendOptions, SendStage } from '../../../services/bridge/page/sends.ts';
import type { SendingPage } from '../../../services/bridge/send/sending-browser.ts';
import type { WhatsAppMessage } from '../../../services/contract/events.ts';
import type { Phone } from '../../../services/sandbox/phone/phone.ts';
import { randomHex } from '../../../services/sandbox/phone/whatsapp-ids.ts';
import type { Policy } from '../../../services/sandbox/web/policy.ts';
import type { WireMessage } from '../../../services/sandbox/web/wire.ts';
import { attributesOf, contextOf, type Prepared, previewOf, upload } from './page-content.ts';
import { PageLoad } from './page-load.ts';
import { chatOf, failureOf, findIn, ownSinceIn, PageChanges } from './page-lookup.ts';
import { type HeldMessage, PageMessages, rawOf } from './page-messages.ts';
import { type Moment, type PageDatabase, PageOutbox } from './page-outbox.ts';
import { checkWid, type OwnIds, PagePeople } from './page-people.ts';

export interface PageModelParts {
  readonly phone: Phone;
  readonly database: PageDatabase;
  /** What the library announces. */
  tell(event: InboundEvent): void;
  onMoment(moment: Moment, message: WireMessage): void;
}

interface Call extends SendOptions {
  stage: 'preparing' | 'adding' | 'added';
}

/**
 * A model of the page for sends, in this process: WhatsApp Web of the sandbox with whatsapp-web.js and the bridge's hooks
 * in it, before the sandbox's own phone. `test/conformance/bridge/page.test.ts` proves that it behaves as they do.
 */
export class PageModel {
  readonly sends: SendingPage['sends'];
  readonly outbox: PageOutbox;
  readonly #phone: Phone;
  readonly #load = new PageLoad();
  readonly #messages: PageMessages;
  /** Nobody can replace how this page adds messages: each gets an id of the page's own. */
  readonly #isResisting: boolean;
  readonly #hasRetry: boolean;
  readonly #prepared = new Map<string, Prepared | undefined>();
  readonly #calls = new Map<string, Call>();
  readonly #canceled = new Set<string>();
  readonly #people: PagePeople;
  readonly #endOf = (id: string) => this.outbox.endOf(id);
  /** Whether the bridge's hooks are in this load of the page. */
  isHooked = false;
  /** How sends fare, as the phone has said. */
  policy: Policy;

  constructor({ phone, database, tell, onMoment }: PageModelParts) {
    this.#phone = phone;
    this.policy = phone.policy;
    this.#isResisting = phone.settings.resist;
    this.#hasRetry = !phone.settings.without.includes('WAWebResendMsgAction');
    const load = this.#load;
    this.#messages = new PageMessages(phone, (event) => load.soon(() => tell(event)));
    this.#people = new PagePeople(phone, this.#messages, () => this.#device);
    this.outbox = new PageOutbox({
      ...{ phone, database, load, messages: this.#messages, onMoment },
      policy: () => this.policy,
    });
    const answer = <Given extends unknown[], T>(act: (...given: Given) => Promise<T>) => {
      return (...given: Given) => load.answer(() => act(...given));
    };
    const changes = new PageChanges(phone, this.#messages, load, () => this.policy.mode);
    const from = <T>(account: string | undefined, act: () => T): T => {
      this.#people.check(account);
      return act();
    };
    this.sends = {
      send: answer((address, ...given) => this.#send(chatOf(address), ...given)),
      open: answer(async (address) => this.#open(chatOf(address))),
      prepare: answer((name, address, content) => this.#prepare(name, chatOf(address), content)),
      drop: answer(async (name) => void this.#prepared.delete(name)),
      cancelSend: answer(async (attempt) => this.#cancel(attempt)),
      find: answer(async (id, address) => {
        this.#checkSynced();
        return findIn(this.#messages, id, chatOf(address), this.#device.pn, this.#endOf);
      }),
      ownSince: answer(async (address, since) => {
        this.#checkSynced();
        return ownSinceIn(this.#messages, chatOf(address), since, this.#endOf);
      }),
      resend: answer(async (id, account) => this.#resend(id, account)),
      outcomeOf: answer((key) => this.outbox.outcomeOf(this.#ownOf(key)?.id ?? '')),
      ...{ linkedAt: answer(async () => undefined), isDeliveryOver: answer(async () => true) },
      react: answer(async (id, text, account) => from(account, () => changes.react(this.#get(id), text))),
      edit: answer(async (id, text, account) => from(account, () => changes.edit(this.#getWhole(id), text))),
      revoke: answer((id, notAfter, account) =>
        from(account, () => changes.revoke(this.#getWhole(id), notAfter)),
      ),
      account: answer(async (account) => this.#people.check(account)),
      resolve: answer(async (chatId, options) => this.#people.resolve(chatId, options)),
    };
  }

  get messages(): PageMessages {
    return this.#messages;
  }

  /** Runs in a later turn of the event loop, unless the page has gone by then. */
  soon(act: () => void): void {
    this.#load.soon(act);
  }

  /** The page goes away: each call under way is rejected with this text. */
  end(text: string): void {
    this.#load.end(text);
  }

  async #send(
    address: string,
    content: NewContent,
    options: SendOptions,
  ): Promise<WhatsAppMessage | undefined> {
    const isChannel = address.endsWith('@newsletter');
    if (!isChannel) this.#open(address);
    else if (!this.#messages.hasChat(address)) return undefined;
    if (!this.isHooked) throw new Error('Could not get the quoted message.');
    const call: Call = { ...options, stage: this.#isResisting ? 'adding' : 'preparing' };
    this.#checkCall(call);
    this.#calls.set(call.attempt, call);
    try {
      const id = await this.#add(address, content, call);
      const message = this.#messages.get(id);
      return message && readMessage(rawOf(message));
    } catch (error) {
      if (this.#isResisting)
        throw new Error(`gatehouse: not steered: ${error instanceof Error ? error.message : error}`);
      throw error;
    } finally {
      this.#calls.delete(call.attempt);
    }
  }

  /** Adds it, and where ids can be chosen waits for the server; gives its id. */
  async #add(address: string, content: NewContent, call: Call): Promise<string> {
    const { pn } = this.#device;
    const attributes = attributesOf(content, this.#takePrepared(call.prepared));
    const quoted = call.quotedId === undefined ? undefined : this.#get(call.quotedId);
    if (call.quotedId !== undefined && quoted === undefined)
      throw new Error('Could not get the quoted message.');
    if (!this.#isResisting) this.#checkCall(call);
    const key = this.#isResisting ? `3EB0${randomHex(9)}` : call.stanzaId;
    const author = address.endsWith('@g.us') ? pn : undefined;
    const id = `true_${address}_${key}${author === undefined ? '' : `_${author}`}`;
    if (this.#ownOf(key) !== undefined) throw new Error('gatehouse: already there');
    call.stage = 'adding';
    const t = Math.floor(Date.now() / 1000);
    const message = { id, key, from_me: true, chat_id: address, author, t, ack: 0, ...attributes };
    await this.outbox.add({ ...message, details: { ...message.details, ...contextOf(quoted) } });
    if (this.#isResisting) return id;
    call.stage = 'added';
    const word = await this.outbox.outcomeOf(id);
    if (word !== undefined && word.result !== 'OK') throw new SendEndedError(word);
    return id;
  }

  #checkCall({ attempt, notAfter, account }: Call): void {
    if (this.#canceled.has(attempt) || Date.now() > notAfter) throw new Error('gatehouse: too late to send');
    this.#people.check(account);
  }

  #takePrepared(name: string | undefined): Prepared {
    if (name === undefined) return {};
    const found = this.#prepared.get(name);
    this.#prepared.delete(name);
    if (found === undefined) throw new Error('gatehouse: not prepared');
    return found;
  }

  async #prepare(name: string, address: string, content: NewContent): Promise<void> {
    this.#checkSynced();
    if (content.kind !== 'text' && content.kind !== 'media') return;
    this.#prepared.set(name, undefined);
    try {
      this.#open(address);
      const { policy } = this;
      const prepared =
        content.kind === 'media' ? upload(content, this.#phone.media, policy.mode) : previewOf(content.text);
      await this.#load.sleep(content.kind === 'media' ? policy.uploadMs : policy.previewMs);
      if (this.#prepared.has(name)) this.#prepared.set(name, prepared);
    } catch (error) {
      this.#prepared.delete(name);
      throw error;
    }
  }

  #cancel(attempt: string): SendStage {
    if (!this.isHooked) return 'unknown';
    this.#canceled.add(attempt);
    const stage = this.#calls.get(attempt)?.stage;
    return stage === 'preparing' ? 'canceled' : (stage ?? 'unknown');
  }

  /** The page's own retry: undefined once it has begun. */
  #resend(id: string, account: string | undefined): string | undefined {
    this.#checkSynced();
    this.#people.check(account);
    const message = this.#get(id);
    if (message === undefined) return 'WhatsApp Web no longer has it';
    if (!failureOf(message, this.#endOf).isFailed) return undefined;
    if (!this.#hasRetry) return 'this WhatsApp Web has no retry (WAWebResendMsgAction.resendMsg)';
    if (message.ack === 0 && message.isSendFailure !== true)
      return 'WhatsApp Web does not count it as failed';
    void this.outbox.resend(message);
    return undefined;
  }

  #open(address: string): string[] {
    checkWid(address);
    if (this.#messages.hasChat(address) || address.endsWith('@newsletter')) return [address];
    if (this.#phone.unregistered.includes(address)) throw new Error('No LID for user');
    this.#messages.openChat(address);
    return [address];
  }

  #ownOf(key: string): HeldMessage | undefined {
    return this.#messages.all().find((message) => message.from_me && message.key === key);
  }

  #get(id: string): HeldMessage | undefined {
    return this.#messages.get(id) ?? this.#messages.load(id);
  }

  #getWhole(id: string): HeldMessage | undefined {
    if (![3, 4].includes(id.split('_').length)) throw new Error('Invalid serialized message id specified');
    return this.#get(id);
  }

  #checkSynced(): void {
    if (!this.isHooked) throw new Error('gatehouse: not synced');
  }

  get #device(): OwnIds {
    const [device] = this.#phone.state.devices.values();
    if (device === undefined) throw new Error('the page model is linked to no phone');
    return device;
  }
}
