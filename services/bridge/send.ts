import { randomBytes } from 'node:crypto';
import type { SendAnswer, SendBody } from '../contract/bridge.ts';
import { toChatId } from '../contract/chat-id.ts';
import { errorText, KitError } from '../contract/errors.ts';
import type { WhatsAppMessage } from '../contract/events.ts';
import type { Log } from '../runtime/log.ts';
import { Acks } from './acks.ts';
import { DeadlineError } from './deadline.ts';
import { LifeEndedError } from './life-end.ts';
import type { BridgeLimits } from './limits.ts';
import type { News } from './news.ts';
import { Recipients } from './recipients.ts';
import { isPageError, refusalOf } from './send-errors.ts';
import type { WhatsApp } from './whatsapp.ts';

/** What a link looks like: only for those does the library look for a preview, which takes a while. */
const LINK = /https?:\/\/|www\./i;

/** With less time left than this, a send is not begun: to say that nothing was sent is better than not to know. */
const LEAST_SEND_MS = 100;

/** What a send needs of the life of a browser. */
export interface SendingLife {
  readonly signal: AbortSignal;
  call<T>(what: string, act: (whatsapp: SendingPage) => Promise<T>, ms?: number): Promise<T>;
}
export type SendingPage = Pick<WhatsApp, 'addressOf' | 'sendText'>;

interface InFlight {
  readonly stanzaId: string;
  readonly chatId: string;
  readonly text: string;
  /** The message, once the page has shown it: from then on it may reach WhatsApp, whatever the call says. */
  readonly created: PromiseWithResolvers<WhatsAppMessage>;
  /** One with the same text in the same chat under another id: ours, if the page does not let ids be chosen. */
  lookalike?: WhatsAppMessage;
}

/**
 * Sends one message at a time, each under an id chosen before, and waits for the acknowledgement of WhatsApp's server,
 * meanwhile sending the next. A failure is either certain not to have sent, or `outcome_unknown` with the id.
 */
export class Sender {
  readonly acks = new Acks();
  readonly #readyLife: () => SendingLife;
  readonly #limits: BridgeLimits;
  readonly #log: Log;
  readonly #recipients = new Recipients();
  #turn: Promise<unknown> = Promise.resolve();
  #inFlight: InFlight | undefined;
  #isClosed = false;
  readonly #open = new Set<Promise<unknown>>();

  /** `readyLife` throws `whatsapp_not_ready`. */
  constructor(readyLife: () => SendingLife, limits: BridgeLimits, log: Log) {
    this.#readyLife = readyLife;
    this.#limits = limits;
    this.#log = log;
  }

  /**
   * Settles within `sendMs` and `ackWaitMs` of its call, however many wait: the caller gives up soon after that, and a
   * message that goes out later would be sent twice. Throws `whatsapp_not_ready`, `recipient_*`, `chat_unknown`,
   * `send_refused` and `outcome_unknown`.
   */
  async send(body: SendBody): Promise<SendAnswer> {
    const chatId = toChatId(body.chatId);
    const stanzaId = body.stanza_id ?? `3EB0${randomBytes(9).toString('hex').toUpperCase()}`;
    if (this.#isClosed) throw new KitError('whatsapp_not_ready', 'the bridge is closing');
    this.#readyLife();
    // Each ends by its own deadline, and no later one has an earlier deadline: so the turn comes in time to say no.
    const deadline = new SendDeadline(this.#limits.sendMs);
    const added = this.#turn.then(() => this.#add(chatId, body.message, stanzaId, deadline));
    this.#turn = added.catch(() => 'the next has its turn all the same');
    const outcome = added.then(({ message, life }) => this.#acknowledged(message, life));
    this.#open.add(outcome);
    return outcome.finally(() => this.#open.delete(outcome));
  }

  /** Takes what WhatsApp tells of own messages. */
  take(news: News): void {
    if (news.kind === 'ack') this.acks.record(news.message.stanza_id, news.ack);
    if (news.kind !== 'message_sent') return;
    const { message } = news;
    if (message.ack !== 0) this.acks.record(message.stanza_id, message.ack);
    const flight = this.#inFlight;
    if (flight === undefined) return;
    if (message.stanza_id === flight.stanzaId) flight.created.resolve(message);
    else if (message.body === flight.text && message.chat_id === flight.chatId) flight.lookalike = message;
  }

  /** Refuses any further send; resolves when none is under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    while (this.#open.size > 0) await Promise.allSettled(this.#open);
  }

  /** Puts the message into its chat; the call into the page goes on until WhatsApp's server has it. */
  async #add(
    chatId: string,
    text: string,
    stanzaId: string,
    deadline: SendDeadline,
  ): Promise<{ message: WhatsAppMessage; life: SendingLife }> {
    deadline.check('it waited for other sends');
    const life = this.#readyLife();
    const address = await this.#resolve(life, chatId, deadline);
    const leftMs = deadline.check('the check of its number took too long');
    const created = Promise.withResolvers<WhatsAppMessage>();
    const flight: InFlight = { stanzaId, chatId: address, text, created };
    this.#inFlight = flight;
    const options = { stanzaId, notAfter: Date.now() + leftMs, linkPreview: LINK.test(text) };
    try {
      const message = await life.call(
        'the send',
        (whatsapp) => {
          whatsapp
            .sendText(address, text, options)
            .then((sent) => {
              if (sent === undefined)
                throw new KitError('chat_unknown', `WhatsApp opens no chat for ${chatId}`);
              this.acks.record(sent.stanza_id, sent.ack);
              created.resolve(sent);
            })
            .catch(created.reject);
          return created.promise;
        },
        leftMs,
      );
      if (message.stanza_id !== stanzaId) {
        const got = message.stanza_id;
        this.#log.warn(
          { chosen: stanzaId, got },
          `the page did not take the chosen id ${stanzaId}: it sent under ${got}`,
        );
      }
      return { message, life };
    } catch (error) {
      if (error instanceof KitError) throw error;
      if (isPageError(error)) throw refusalOf(error, chatId);
      if (flight.lookalike !== undefined) return { message: flight.lookalike, life };
      throw unknownOutcome(`true_${address}_${stanzaId}`, error);
    } finally {
      this.#inFlight = undefined;
    }
  }

  /** Nothing has been sent yet: a browser that fails here leaves no doubt. */
  async #resolve(life: SendingLife, chatId: string, deadline: SendDeadline): Promise<string> {
    try {
      return await this.#recipients.addressOf(life, chatId, Math.min(this.#limits.callMs, deadline.leftMs));
    } catch (error) {
      if (error instanceof KitError) throw error;
      if (isPageError(error)) throw refusalOf(error, chatId);
      throw new KitError('whatsapp_not_ready', `nothing was sent: ${errorText(error)}`, { cause: error });
    }
  }

  async #acknowledged(message: WhatsAppMessage, life: SendingLife): Promise<SendAnswer> {
    const ack = await this.acks.settled(message.stanza_id, this.#limits.ackWaitMs, life.signal);
    if (ack < 0) throw new KitError('send_refused', `WhatsApp refused ${message.id} (ack -1)`);
    if (ack === 0 && life.signal.aborted) throw unknownOutcome(message.id, life.signal.reason);
    return {
      success: true,
      messageId: message.id,
      chatId: message.chat_id,
      ack,
      timestamp: message.timestamp,
    };
  }
}

/** Until when a message must stand in its chat, from the arrival of its send. */
class SendDeadline {
  readonly #ms: number;
  readonly #at: number;

  constructor(ms: number) {
    this.#ms = ms;
    this.#at = performance.now() + ms;
  }

  get leftMs(): number {
    return this.#at - performance.now();
  }

  /** The time left. Throws `whatsapp_not_ready` when it is too short to begin. */
  check(why: string): number {
    const { leftMs } = this;
    if (leftMs >= LEAST_SEND_MS) return leftMs;
    throw new KitError('whatsapp_not_ready', `nothing was sent: ${why}, and its ${this.#ms} ms have passed`);
  }
}

function unknownOutcome(id: string, cause: unknown): KitError {
  const known = cause instanceof DeadlineError || cause instanceof LifeEndedError;
  const why = known ? cause.message : `the browser broke off: ${errorText(cause)}`;
  return new KitError('outcome_unknown', `message ${id} may have been sent: ${why}`, { cause });
}
