import { errorText, KitError } from '../../contract/errors.ts';
import type { WhatsAppMessage } from '../../contract/events.ts';
import type { Log } from '../../runtime/log.ts';
import type { BridgeLimits } from '../limits.ts';
import type { NewContent } from '../page/content.ts';
import { isPageError, SendEndedError } from '../page/errors.ts';
import type { Acks } from './acks.ts';
import type { SendDeadline } from './deadline.ts';
import { isOpenFailure, refusalOf, unknownOutcome } from './errors.ts';
import { isLike } from './lookup.ts';
import { refusalIn } from './refusals.ts';
import type { PlacedMessage, SendingBrowser } from './sending-browser.ts';

/** A message to be put into its chat. */
export interface NewMessage {
  readonly chatId: string;
  readonly address: string;
  /** Every address that the message may have, that of its chat first: a person has a number and a LID. */
  readonly addresses: readonly string[];
  readonly content: NewContent;
  readonly stanzaId: string;
  readonly quotedId: string | undefined;
  /** The name of the prepared upload or preview in the page, if it has one. */
  readonly prepared: string | undefined;
  /** The account that it is sent from. */
  readonly account: string | undefined;
}

export interface AddedMessage {
  readonly message: PlacedMessage;
  /** WhatsApp's word against it, if it has one; settles when the page is through with the send, or cannot say. Never rejects. */
  readonly refusal: Promise<KitError | undefined>;
}

interface InFlight {
  readonly stanzaId: string;
  readonly address: string;
  readonly addresses: readonly string[];
  readonly content: NewContent;
  /** The message, once the page has shown it: from then on it may reach WhatsApp, whatever the call says. */
  readonly created: PromiseWithResolvers<WhatsAppMessage>;
  shown?: WhatsAppMessage;
  /** One like it in the same chat under another id: ours, if the page does not let ids be chosen. */
  lookalike?: WhatsAppMessage;
}

/**
 * Puts messages into their chats, one at a time, each under the id chosen for it. A failure is either certain not to
 * have sent, or `outcome_unknown`; and where the message might yet go out, its browser is ended with it.
 */
export class MessageAdder {
  readonly #acks: Acks;
  readonly #limits: BridgeLimits;
  readonly #log: Log;
  #inFlight: InFlight | undefined;
  #areIdsChosen = false;
  #attempts = 0;

  constructor(acks: Acks, limits: BridgeLimits, log: Log) {
    this.#acks = acks;
    this.#limits = limits;
    this.#log = log;
  }

  /** Whether the last message that was sent went under the id chosen for it. */
  get areIdsChosen(): boolean {
    return this.#areIdsChosen;
  }

  /** An own message has appeared. */
  take(message: WhatsAppMessage): void {
    const inFlight = this.#inFlight;
    if (inFlight === undefined) return;
    if (message.stanza_id === inFlight.stanzaId) {
      this.#areIdsChosen = true;
      inFlight.shown = message;
      inFlight.created.resolve(message);
    } else if (inFlight.addresses.includes(message.chat_id) && isLike(message, inFlight.content)) {
      inFlight.lookalike = message;
    }
  }

  /** Resolves when the message stands in its chat; the call into the page goes on until WhatsApp's server has it. */
  async add(browser: SendingBrowser, newMessage: NewMessage, deadline: SendDeadline): Promise<AddedMessage> {
    const { chatId, address, addresses, content, stanzaId } = newMessage;
    // No more than `sendMs`, though the medium was uploaded fast: other chats wait.
    const leftMs = Math.min(deadline.check('what comes before it took too long'), this.#limits.sendMs);
    const inFlight: InFlight = { stanzaId, address, addresses, content, created: Promise.withResolvers() };
    this.#inFlight = inFlight;
    this.#attempts += 1;
    const attempt = `${this.#attempts}:${stanzaId}`;
    const refusal = Promise.withResolvers<KitError | undefined>();
    this.#log.debug({ attempt }, `message ${stanzaId} goes to the page`);
    try {
      const message = await browser.call(
        'the send',
        ({ sends }) => {
          sends
            .send(address, content, { ...newMessage, attempt, notAfter: Date.now() + leftMs })
            .then((sent) => {
              if (sent === undefined)
                throw new KitError('chat_unknown', `WhatsApp opens no chat for ${chatId}`);
              this.#acks.record(sent.stanza_id, sent.ack);
              inFlight.created.resolve(sent);
              refusal.resolve(undefined);
            })
            .catch((error: unknown) => {
              inFlight.created.reject(error);
              refusal.resolve(refusalBy(error, chatId));
              this.#log.debug({ id: stanzaId }, `the page ended a send with: ${errorText(error)}`);
            });
          return inFlight.created.promise;
        },
        leftMs,
      );
      this.#noteId(stanzaId, message.stanza_id);
      return { message, refusal: refusal.promise };
    } catch (error) {
      if (error instanceof KitError) throw error;
      if (isPageError(error) && !isOpenFailure(error)) throw refusalOf(error, chatId);
      return { message: await this.#settle(browser, inFlight, attempt, error), refusal: refusal.promise };
    } finally {
      this.#inFlight = undefined;
    }
  }

  /** After a call of which the outcome is open: the message if it was seen; else throws, and leaves nothing that hangs. */
  async #settle(
    browser: SendingBrowser,
    inFlight: InFlight,
    attempt: string,
    error: unknown,
  ): Promise<PlacedMessage> {
    const id = `true_${inFlight.addresses[0] ?? inFlight.address}_${inFlight.stanzaId}`;
    const stage = browser.signal.aborted ? 'unknown' : await this.#cancel(browser, attempt);
    const seen = inFlight.shown ?? (this.#areIdsChosen ? undefined : inFlight.lookalike);
    if (seen !== undefined) return seen;
    if (stage === 'canceled') {
      throw new KitError('send_failed', `nothing was sent, and the send called off: ${errorText(error)}`, {
        cause: error,
      });
    }
    // Only the end of its page makes it certain that nothing goes out later, when the message has been looked for.
    if (stage === 'adding')
      browser.end({ kind: 'failed', reason: `a send hung: ${id} did not come to stand in its chat` });
    throw unknownOutcome(id, error);
  }

  async #cancel(browser: SendingBrowser, attempt: string) {
    const { callMs, ackWaitMs } = this.#limits;
    const ms = Math.min(callMs, ackWaitMs); // The caller still waits for so long.
    try {
      return await browser.call('the end of a send', ({ sends }) => sends.cancelSend(attempt), ms);
    } catch (error) {
      this.#log.warn({ attempt }, `a send could not be called off: ${errorText(error)}`);
      return 'adding';
    }
  }

  #noteId(chosen: string, got: string): void {
    if (got === chosen) return;
    this.#areIdsChosen = false;
    this.#log.warn({ chosen, got }, `the page did not take the chosen id ${chosen}: it sent under ${got}`);
  }
}

/** What the page's error says against a message that may stand in its chat; undefined when it is open how far it was. */
function refusalBy(error: unknown, chatId: string): KitError | undefined {
  if (error instanceof SendEndedError) return refusalIn(error.word, chatId, error);
  return isPageError(error) && !isOpenFailure(error) ? refusalOf(error, chatId) : undefined;
}
