import { errorText, KitError } from '../../contract/errors.ts';
import type { WhatsAppMessage } from '../../contract/events.ts';
import type { Log } from '../../runtime/log.ts';
import type { BridgeLimits } from '../limits.ts';
import type { NewContent } from '../page/content.ts';
import type { Acks } from './acks.ts';
import type { SendDeadline } from './deadline.ts';
import { isOpenFailure, isPageError, refusalOf, restrictionOf, unknownOutcome } from './errors.ts';
import type { PlacedMessage, SendingLife } from './life.ts';
import { isLike } from './look.ts';

/** A message to be put into its chat. */
export interface Addition {
  readonly chatId: string;
  readonly address: string;
  readonly content: NewContent;
  readonly stanzaId: string;
  readonly quotedId: string | undefined;
  /** The name of the prepared upload or preview in the page, if it has one. */
  readonly prepared: string | undefined;
}

export interface Added {
  readonly message: PlacedMessage;
  /** WhatsApp's word against it, if it has one; settles when the page is through with the send, and never rejects. */
  readonly refusal: Promise<KitError | undefined>;
}

interface Flight {
  readonly stanzaId: string;
  readonly address: string;
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
export class Adding {
  readonly #acks: Acks;
  readonly #limits: BridgeLimits;
  readonly #log: Log;
  #flight: Flight | undefined;
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
    const flight = this.#flight;
    if (flight === undefined) return;
    if (message.stanza_id === flight.stanzaId) {
      this.#areIdsChosen = true;
      flight.shown = message;
      flight.created.resolve(message);
    } else if (message.chat_id === flight.address && isLike(message, flight.content)) {
      flight.lookalike = message;
    }
  }

  /** Resolves when the message stands in its chat; the call into the page goes on until WhatsApp's server has it. */
  async add(life: SendingLife, addition: Addition, deadline: SendDeadline): Promise<Added> {
    const { chatId, address, content, stanzaId } = addition;
    // No more than `sendMs`, though the medium was uploaded fast: other chats wait.
    const leftMs = Math.min(deadline.check('what comes before it took too long'), this.#limits.sendMs);
    const flight: Flight = { stanzaId, address, content, created: Promise.withResolvers() };
    this.#flight = flight;
    this.#attempts += 1;
    const attempt = `${this.#attempts}:${stanzaId}`;
    const refusal = Promise.withResolvers<KitError | undefined>();
    this.#log.debug({ attempt }, `message ${stanzaId} goes to the page`);
    try {
      const message = await life.call(
        'the send',
        ({ sends }) => {
          sends
            .send(address, content, { ...addition, attempt, notAfter: Date.now() + leftMs })
            .then((sent) => {
              if (sent === undefined)
                throw new KitError('chat_unknown', `WhatsApp opens no chat for ${chatId}`);
              this.#acks.record(sent.stanza_id, sent.ack);
              flight.created.resolve(sent);
              refusal.resolve(undefined);
            })
            .catch((error: unknown) => {
              flight.created.reject(error);
              refusal.resolve(restrictionOf(error, chatId));
              this.#log.debug({ id: stanzaId }, `the page ended a send with: ${errorText(error)}`);
            });
          return flight.created.promise;
        },
        leftMs,
      );
      this.#noteId(stanzaId, message.stanza_id);
      return { message, refusal: refusal.promise };
    } catch (error) {
      if (error instanceof KitError) throw error;
      if (isPageError(error) && !isOpenFailure(error)) throw refusalOf(error, chatId);
      return { message: await this.#settle(life, flight, attempt, error), refusal: refusal.promise };
    } finally {
      this.#flight = undefined;
    }
  }

  /** After a call of which the outcome is open: the message if it was seen; else throws, and leaves nothing that hangs. */
  async #settle(life: SendingLife, flight: Flight, attempt: string, error: unknown): Promise<PlacedMessage> {
    const id = `true_${flight.address}_${flight.stanzaId}`;
    const stage = life.signal.aborted ? 'unknown' : await this.#cancel(life, attempt);
    const seen = flight.shown ?? (this.#areIdsChosen ? undefined : flight.lookalike);
    if (seen !== undefined) return seen;
    if (stage === 'canceled') {
      throw new KitError('send_failed', `nothing was sent, and the send called off: ${errorText(error)}`, {
        cause: error,
      });
    }
    // Only the end of its page makes it certain that nothing goes out later, when the message has been looked for.
    if (stage === 'adding')
      life.end({ kind: 'failed', reason: `a send hung: ${id} did not come to stand in its chat` });
    throw unknownOutcome(id, error);
  }

  async #cancel(life: SendingLife, attempt: string) {
    const { callMs, ackWaitMs } = this.#limits;
    const ms = Math.min(callMs, ackWaitMs); // The caller still waits for so long.
    try {
      return await life.call('the end of a send', ({ sends }) => sends.cancelSend(attempt), ms);
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
