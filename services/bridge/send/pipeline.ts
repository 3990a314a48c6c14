import type { SendAnswer } from '../../contract/bridge.ts';
import type { BridgeContent } from '../../contract/content.ts';
import { errorText, KitError } from '../../contract/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { BridgeLimits } from '../limits.ts';
import type { NewContent } from '../page/content.ts';
import type { FoundMessage } from '../page/data.ts';
import { isPageError } from '../page/errors.ts';
import type { Acks } from './acks.ts';
import { type Action, isDone, perform, whyNot } from './actions.ts';
import { type AddedMessage, MessageAdder } from './adder.ts';
import type { SendDeadline } from './deadline.ts';
import { isAlreadyThere, refusalOf, unknownOutcome, unsent } from './errors.ts';
import { type EarlierTry, findEarlierTry } from './lookup.ts';
import { MessagePreparer, type PendingSend } from './preparer.ts';
import { SerialQueue } from './queues.ts';
import type { RecentSends } from './recent-sends.ts';
import { Recipients } from './recipients.ts';
import { onlyLooks, type SendRequest } from './request.ts';
import { MessageResender } from './resender.ts';
import type { SendingBrowser, SendingPage } from './sending-browser.ts';

/** Before its deadline, the page must have time to say that a deletion is not through. */
const ANSWER_MS = 500;
const NO_REFUSAL = Promise.resolve(undefined);

/** A send that is through in the page, in the browser that holds the message. */
export interface PlacedSend extends AddedMessage {
  readonly browser: SendingBrowser;
}

/**
 * What is done for one send once those before it in its chat are through: its recipient, what an earlier call left, its
 * preparation; then, in the one turn of all chats, the message itself.
 */
export class SendPipeline {
  readonly adder: MessageAdder;
  readonly preparer: MessagePreparer;
  readonly #readyBrowser: () => SendingBrowser;
  readonly #queue = new SerialQueue('it waited for other sends');
  readonly #resender: MessageResender;
  readonly #acks: Acks;
  readonly #recent: RecentSends;
  readonly #limits: BridgeLimits;
  readonly #demand: (content: BridgeContent) => void;
  readonly #recipients = new Recipients();

  /** `readyBrowser` throws `whatsapp_not_ready`, and `demand` throws `page_incompatible`. */
  constructor(
    readyBrowser: () => SendingBrowser,
    acks: Acks,
    recent: RecentSends,
    limits: BridgeLimits,
    log: Log,
    demand: (content: BridgeContent) => void,
  ) {
    this.adder = new MessageAdder(acks, limits, log);
    this.preparer = new MessagePreparer(readyBrowser, limits, log);
    this.#readyBrowser = readyBrowser;
    this.#resender = new MessageResender(acks, limits, log);
    this.#acks = acks;
    this.#recent = recent;
    this.#limits = limits;
    this.#demand = demand;
  }

  /** Puts a message into its chat, unless it is there. Throws what `Sender.send` throws, but for what acks tell. */
  async send(
    browser: SendingBrowser,
    request: SendRequest,
    content: NewContent,
    deadline: SendDeadline,
  ): Promise<PlacedSend> {
    // What may have been sent is looked for first.
    const isDoubtful = request.retry !== undefined || this.#recent.isDoubtful(request.stanzaId);
    if (!isDoubtful) this.#demand(content);
    const address = await this.#addressOf(browser, request, deadline);
    const pending = { browser, request, content, deadline, address, isDoubtful };
    try {
      return await (isDoubtful ? this.#addUnlessThere(pending) : this.#addNew(pending));
    } catch (error) {
      this.#recipients.forget(browser, request.chatId);
      throw error;
    }
  }

  async #addNew(pending: PendingSend): Promise<PlacedSend> {
    try {
      return await this.#add(pending, pending.request.stanzaId);
    } catch (error) {
      // Sent by an earlier process, or refused by WhatsApp a while ago.
      if (isAlreadyThere(error)) return this.#addUnlessThere(pending);
      throw error;
    }
  }

  /** Changes a message that is there. */
  async perform(
    browser: SendingBrowser,
    request: SendRequest,
    action: Action,
    deadline: SendDeadline,
  ): Promise<SendAnswer> {
    if (request.retry === undefined) this.#demand(action);
    const address = await this.#addressOf(browser, request, deadline);
    const target = await this.#find(browser, request, action.target, address, deadline);
    if (target === undefined) throw unknownMessage('target', action.target);
    const { id: messageId, chat_id: chatId } = target;
    const done = { success: true, messageId, chatId, ack: 1, timestamp: now() } as const;
    if (isDone(action, target)) return done;
    if (onlyLooks(request)) throw new KitError('not_found', `${messageId} is as it was`);
    this.#demand(action);
    const refusal = whyNot(action, target);
    if (refusal !== undefined) throw refusal;
    await this.#change(browser, request, action, target, deadline);
    return done;
  }

  /** Outside the turn of the sends: WhatsApp's server may take long, and a change cannot be taken for another message. */
  async #change(
    browser: SendingBrowser,
    request: SendRequest,
    action: Action,
    target: FoundMessage,
    deadline: SendDeadline,
  ): Promise<void> {
    const leftMs = deadline.check('what comes before it took too long');
    try {
      const notAfter = Date.now() + Math.max(0, leftMs - ANSWER_MS);
      await browser.call(`the ${action.kind}`, (page) => perform(page, action, target, notAfter), leftMs);
    } catch (error) {
      if (error instanceof KitError) throw error;
      if (isPageError(error)) throw refusalOf(error, request.chatId);
      // Or it might be done after the next change to the same message.
      browser.end({ kind: 'failed', reason: `the ${action.kind} of a message hung: ${errorText(error)}` });
      throw unknownOutcome(target.id, error);
    }
  }

  async #addUnlessThere(pending: PendingSend): Promise<PlacedSend> {
    const { browser, request } = pending;
    const earlier = await this.#findEarlierTry(pending);
    if (earlier.message !== undefined) {
      const { message } = earlier;
      this.#acks.correct(message.stanza_id, message.ack);
      this.#recent.own(message.stanza_id, request.stanzaId);
      const refusal = message.ack === 0 ? this.#resender.follow(pending, message.stanza_id) : NO_REFUSAL;
      return { browser, message, refusal };
    }
    this.#recent.forget(request.stanzaId);
    if (onlyLooks(request)) throw new KitError('not_found', `message ${request.stanzaId} was not sent`);
    const { failed, freeId } = earlier;
    const resent = failed === undefined ? undefined : await this.#resender.resend(pending, failed);
    if (failed === undefined || resent === undefined) return this.#add(pending, freeId);
    this.#recent.own(failed.stanza_id, request.stanzaId);
    return { browser, message: failed, ...resent };
  }

  async #findEarlierTry({ browser, request, address, deadline }: PendingSend): Promise<EarlierTry> {
    const known = {
      // What another process has tried may have met another page.
      areChosen: this.adder.areIdsChosen && this.#recent.isDoubtful(request.stanzaId),
      isOfAnother: (stanzaId: string, id: string) => this.#recent.isOfAnother(stanzaId, id),
      madeBy: (id: string) => this.#recent.madeBy(id),
    };
    return this.#ask(browser, 'the look for an earlier try', request, deadline, (page) =>
      findEarlierTry(page, request, address, known),
    );
  }

  async #add(pending: PendingSend, stanzaId: string): Promise<PlacedSend> {
    const { browser, request, content, deadline, address } = pending;
    this.#demand(content);
    const { reply_to } = content;
    const quoted =
      reply_to === undefined ? undefined : await this.#find(browser, request, reply_to, address, deadline);
    if (reply_to !== undefined && quoted === undefined) throw unknownMessage('reply_to', reply_to);
    const newMessage = { chatId: request.chatId, address, content, stanzaId, quotedId: quoted?.id };
    const added = await this.preparer.prepare(pending, (addresses, prepared) =>
      this.#inTurn(browser, deadline, () => {
        request.callOff.signal.throwIfAborted();
        return this.adder.add(browser, { ...newMessage, addresses, prepared }, deadline);
      }),
    );
    this.#recent.own(added.message.stanza_id, request.stanzaId);
    return { browser, ...added };
  }

  /** Runs when all that came before is through with the page; only in the browser that it was prepared for. */
  #inTurn<T>(browser: SendingBrowser, deadline: SendDeadline, act: () => Promise<T>): Promise<T> {
    return this.#queue.run(deadline, async () => {
      if (this.#readyBrowser() === browser) return act();
      throw new KitError('whatsapp_not_ready', 'nothing was sent: another browser has started meanwhile');
    });
  }

  #find(
    browser: SendingBrowser,
    request: SendRequest,
    id: string,
    address: string,
    deadline: SendDeadline,
  ): Promise<FoundMessage | undefined> {
    return this.#ask(browser, 'the look for a message', request, deadline, ({ sends }) =>
      sends.find(id, address),
    );
  }

  async #addressOf(
    browser: SendingBrowser,
    { chatId }: SendRequest,
    deadline: SendDeadline,
  ): Promise<string> {
    try {
      return await this.#recipients.addressOf(
        browser,
        chatId,
        Math.min(this.#limits.callMs, deadline.leftMs),
      );
    } catch (error) {
      throw unsent(error, chatId);
    }
  }

  /** A question to the page, before anything is sent: a browser that fails here leaves no doubt. */
  async #ask<T>(
    browser: SendingBrowser,
    what: string,
    { chatId }: SendRequest,
    deadline: SendDeadline,
    act: (page: SendingPage) => Promise<T>,
  ): Promise<T> {
    const ms = Math.min(this.#limits.callMs, deadline.check('what comes before it took too long'));
    try {
      return await browser.call(what, act, ms);
    } catch (error) {
      throw unsent(error, chatId);
    }
  }
}

function unknownMessage(field: string, id: string): KitError {
  return new KitError('not_found', `${field}: this device knows no message ${id} in the chat`);
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}
