import type { ResolveAnswer, ResolveBody } from '../../contract/bridge.ts';
import { toChatId } from '../../contract/chat-id.ts';
import { errorText, KitError } from '../../contract/errors.ts';
import { personOf } from '../../contract/person.ts';
import { DeadlineError, within } from '../deadline.ts';
import type { BridgeLimits } from '../limits.ts';
import { PageDataError } from '../page/data.ts';
import { isPageError } from '../page/errors.ts';
import { refusalOf } from './errors.ts';
import { notOnWhatsApp, type Recipients } from './recipients.ts';
import type { SendingBrowser } from './sending-browser.ts';

/** WhatsApp's server is asked for so many numbers at once. */
const MOST_AT_ONCE = 4;
/** What the page may say that is no failure of it. */
const SAID = ['recipient_invalid', 'recipient_not_resolvable', 'account_changed', 'whatsapp_not_ready'];

/** Answers who a number or a LID is, beside the sends: neither waits for the other. */
export class Resolver {
  readonly #readyBrowser: () => SendingBrowser;
  readonly #recipients: Recipients;
  readonly #limits: BridgeLimits;
  readonly #waiting: (() => void)[] = [];
  #count = 0;

  /** `readyBrowser` throws `whatsapp_not_ready`. */
  constructor(readyBrowser: () => SendingBrowser, recipients: Recipients, limits: BridgeLimits) {
    this.#readyBrowser = readyBrowser;
    this.#recipients = recipients;
    this.#limits = limits;
  }

  /**
   * Settles within `callMs`. Throws `recipient_not_on_whatsapp`, `recipient_invalid` for what is no person, `account_changed`,
   * `whatsapp_not_ready`, and `bridge_failed` when the page gives no answer.
   */
  async resolve(body: ResolveBody): Promise<ResolveAnswer> {
    const chatId = toChatId(body.chatId);
    if (personOf(chatId) === undefined)
      throw new KitError('recipient_invalid', `${chatId} is not the number or the LID of a person`);
    this.#readyBrowser();
    const endsAt = performance.now() + this.#limits.callMs;
    try {
      await this.#enter(this.#limits.callMs);
      try {
        return await this.#ask(chatId, body, endsAt - performance.now());
      } finally {
        this.#leave();
      }
    } catch (error) {
      throw error instanceof KitError ? error : failureOf(error, chatId);
    }
  }

  async #ask(chatId: string, { account, fresh }: ResolveBody, ms: number): Promise<ResolveAnswer> {
    const browser = this.#readyBrowser();
    const options = { account, isFresh: fresh };
    const found = await browser.call(
      `the question who ${chatId} is`,
      ({ sends }) => sends.resolve(chatId, options),
      ms,
    );
    if (found === undefined) {
      this.#recipients.forget(browser, chatId);
      throw notOnWhatsApp(chatId);
    }
    this.#recipients.keep(browser, chatId, found);
    return { success: true, ...found };
  }

  /** Waits for one of the places, in order. */
  async #enter(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const enter = () => {
      this.#count += 1;
      resolve();
    };
    if (this.#count < MOST_AT_ONCE) return enter();
    this.#waiting.push(enter);
    await within(ms, promise, 'the wait for other questions').catch((error: unknown) => {
      const at = this.#waiting.indexOf(enter);
      if (at < 0) this.#leave();
      else this.#waiting.splice(at, 1);
      throw error;
    });
  }

  #leave(): void {
    this.#count -= 1;
    this.#waiting.shift()?.();
  }
}

function failureOf(error: unknown, chatId: string): KitError {
  const options = { cause: error };
  const text = `who ${chatId} is could not be asked: ${errorText(error)}`;
  if (isPageError(error)) {
    const refusal = refusalOf(error, chatId);
    if (SAID.includes(refusal.code)) return refusal;
  } else if (!(error instanceof DeadlineError || error instanceof PageDataError)) {
    // The page or its browser went away.
    return new KitError('whatsapp_not_ready', text, options);
  }
  return new KitError('bridge_failed', text, options);
}
