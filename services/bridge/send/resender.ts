import type { KitError } from '../../contract/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { BridgeLimits } from '../limits.ts';
import { isPageError } from '../page/errors.ts';
import type { Acks } from './acks.ts';
import { refusalOf, unknownOutcome } from './errors.ts';
import type { FailedTry } from './lookup.ts';
import type { PendingSend } from './preparer.ts';
import { refusalIn } from './refusals.ts';

/** Why a send failed; undefined when it went well, or the page cannot say. Never rejects. */
export type Refusal = Promise<KitError | undefined>;

/**
 * Has the page try a failed message again, under the id that it has. The page's own button does the same, and it never does so by
 * itself. After a crash nobody knows whether the server has the message: under a second id it might arrive twice. Whether
 * the server takes a second stanza under one id for the same message is unknown.
 */
export class MessageResender {
  readonly #acks: Acks;
  readonly #limits: BridgeLimits;
  readonly #log: Log;

  constructor(acks: Acks, limits: BridgeLimits, log: Log) {
    this.#acks = acks;
    this.#limits = limits;
    this.#log = log;
  }

  /**
   * Begins the retry; gives how it ends. Undefined when the page has no retry for a message that the server certainly does
   * not have: only that one may be sent under another id. Throws `send_refused` when it has none for any other.
   */
  async resend(pending: PendingSend, failed: FailedTry): Promise<{ refusal: Refusal } | undefined> {
    const { browser, request, deadline } = pending;
    const { id, stanza_id: stanzaId, isRefused } = failed;
    request.callOff.signal.throwIfAborted();
    const ms = Math.min(this.#limits.callMs, deadline.check('what comes before it took too long'));
    this.#acks.correct(stanzaId, 0);
    const why = await browser
      .call('the retry of a message', ({ sends }) => sends.resend(id, request.account), ms)
      .catch((error: unknown) => {
        throw isPageError(error) ? refusalOf(error, request.chatId) : unknownOutcome(id, error);
      });
    if (why === undefined) {
      this.#log.info({ id }, `message ${stanzaId} had failed; WhatsApp Web tries it again`);
      return { refusal: this.follow(pending, stanzaId) };
    }
    if (isRefused) return undefined;
    throw refusalIn({ result: 'NOT_SENT', error: why }, request.chatId) ?? unknownOutcome(id, why);
  }

  /** How a send that is under way in the page ends. */
  follow({ browser, request }: PendingSend, stanzaId: string): Refusal {
    const refusal = Promise.withResolvers<KitError | undefined>();
    const unknown = () => refusal.resolve(undefined);
    const asking = browser.call('the end of a send', async ({ sends }) => {
      sends.outcomeOf(stanzaId).then((word) => {
        if (word?.result === 'OK') this.#acks.record(stanzaId, Math.max(1, word.ack ?? 1));
        refusal.resolve(word && refusalIn(word, request.chatId));
      }, unknown);
    });
    asking.catch(unknown);
    return refusal.promise;
  }
}
