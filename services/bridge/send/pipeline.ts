import type { BridgeContent } from '../../contract/content.ts';
import { KitError } from '../../contract/errors.ts';
import type { Person } from '../../contract/person.ts';
import type { Log } from '../../runtime/log.ts';
import type { BridgeLimits } from '../limits.ts';
import type { NewContent } from '../page/content.ts';
import { personAmong } from '../page/people/resolve.ts';
import type { Acks } from './acks.ts';
import { unknownMessage } from './actions.ts';
import { type AddedMessage, MessageAdder } from './adder.ts';
import type { SendDeadline } from './deadline.ts';
import { isAlreadyThere } from './errors.ts';
import { type EarlierTry, findEarlierTry } from './lookup.ts';
import type { AskedFor, PageQuestions } from './page-questions.ts';
import { MessagePreparer, type PendingSend } from './preparer.ts';
import { SerialQueue } from './queues.ts';
import type { RecentSends } from './recent-sends.ts';
import type { Recipient } from './recipients.ts';
import { onlyLooks } from './request.ts';
import { MessageResender } from './resender.ts';
import type { PlacedMessage, SendingBrowser } from './sending-browser.ts';

const NO_REFUSAL = Promise.resolve(undefined);

/** A send that is through in the page, in the browser that holds the message. */
export interface PlacedSend extends AddedMessage {
  readonly browser: SendingBrowser;
  /** Whose chat it is in; undefined in a group and in a channel. */
  readonly person: Person | undefined;
  /** The ids of the account that it was sent from; none where no page has said. */
  readonly account: readonly string[];
}

/** A message in its chat, and the addresses that the page gave for the chat when it was opened for it. */
type Placed = AddedMessage & { readonly addresses?: readonly string[] };

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
  readonly #questions: PageQuestions;
  readonly #demand: (content: BridgeContent) => void;

  /** `readyBrowser` throws `whatsapp_not_ready`, and `demand` throws `page_incompatible`. */
  constructor(
    readyBrowser: () => SendingBrowser,
    questions: PageQuestions,
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
    this.#questions = questions;
    this.#demand = demand;
  }

  /** Puts a message into its chat, unless it is there. Throws what `Sender.send` throws, but for what acks tell. */
  async send(asked: AskedFor, content: NewContent): Promise<PlacedSend> {
    const { browser, request } = asked;
    // What may have been sent is looked for first.
    const isDoubtful = request.retry !== undefined || this.#recent.isDoubtful(request.stanzaId);
    if (!isDoubtful) this.#demand(content);
    const account = await this.#questions.accountOf(asked);
    const recipient = await this.#questions.recipientOf(asked);
    const pending = { ...asked, content, address: recipient.address, isDoubtful };
    try {
      const placed = await (isDoubtful ? this.#addUnlessThere(pending) : this.#addNew(pending));
      return { browser, ...placed, account, person: personIn(recipient, placed.message, placed.addresses) };
    } catch (error) {
      this.#questions.recipients.forget(browser, request.chatId);
      throw error;
    }
  }

  async #addNew(pending: PendingSend): Promise<Placed> {
    try {
      return await this.#add(pending, pending.request.stanzaId);
    } catch (error) {
      // Sent by an earlier process, or refused by WhatsApp a while ago.
      if (isAlreadyThere(error)) return this.#addUnlessThere(pending);
      throw error;
    }
  }

  async #addUnlessThere(pending: PendingSend): Promise<Placed> {
    const { request } = pending;
    const earlier = await this.#findEarlierTry(pending);
    if (earlier.message !== undefined) {
      const { message } = earlier;
      this.#acks.correct(message.stanza_id, message.ack);
      this.#recent.own(message.stanza_id, request.stanzaId);
      const refusal = message.ack === 0 ? this.#resender.follow(pending, message.stanza_id) : NO_REFUSAL;
      return { message, refusal };
    }
    this.#recent.forget(request.stanzaId);
    if (onlyLooks(request)) throw new KitError('not_found', `message ${request.stanzaId} was not sent`);
    const { failed, freeId } = earlier;
    const resent = failed === undefined ? undefined : await this.#resender.resend(pending, failed);
    if (failed === undefined || resent === undefined) return this.#add(pending, freeId);
    this.#recent.own(failed.stanza_id, request.stanzaId);
    return { message: failed, ...resent };
  }

  async #findEarlierTry(pending: PendingSend): Promise<EarlierTry> {
    const { request, address } = pending;
    const known = {
      // What another process has tried may have met another page.
      areChosen: this.adder.areIdsChosen && this.#recent.isDoubtful(request.stanzaId),
      isOfAnother: (stanzaId: string, id: string) => this.#recent.isOfAnother(stanzaId, id),
      madeBy: (id: string) => this.#recent.madeBy(id),
    };
    return this.#questions.look('the look for an earlier try', pending, (page) =>
      findEarlierTry(page, request, address, known),
    );
  }

  async #add(pending: PendingSend, stanzaId: string): Promise<Placed> {
    const { browser, request, content, deadline, address } = pending;
    this.#demand(content);
    const { reply_to } = content;
    const quoted =
      reply_to === undefined ? undefined : await this.#questions.find(pending, reply_to, address);
    if (reply_to !== undefined && quoted === undefined) throw unknownMessage('reply_to', reply_to);
    const { chatId, account } = request;
    const newMessage = { chatId, address, content, stanzaId, quotedId: quoted?.id, account };
    const added = await this.preparer.prepare(pending, (addresses, prepared) =>
      this.#inTurn(browser, deadline, async () => {
        request.callOff.signal.throwIfAborted();
        const message = { ...newMessage, addresses, prepared };
        return { addresses, ...(await this.adder.add(browser, message, deadline)) };
      }),
    );
    this.#recent.own(added.message.stanza_id, request.stanzaId);
    return added;
  }

  /** Runs when all that came before is through with the page; only in the browser that it was prepared for. */
  #inTurn<T>(browser: SendingBrowser, deadline: SendDeadline, act: () => Promise<T>): Promise<T> {
    return this.#queue.run(deadline, async () => {
      if (this.#readyBrowser() === browser) return act();
      throw new KitError('whatsapp_not_ready', 'nothing was sent: another browser has started meanwhile');
    });
  }
}

/** Whose chat a message is in: the page may have learned more since it was asked for the recipient. */
function personIn(
  { address, person }: Recipient,
  { chat_id }: PlacedMessage,
  addresses: readonly string[] = [],
): Person | undefined {
  if (person === undefined) return undefined;
  const { name: _name, ...known } = person;
  return { ...personAmong([address]), ...known, ...personAmong([chat_id, ...addresses]) };
}
