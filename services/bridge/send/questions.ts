import type { BridgeLimits } from '../limits.ts';
import type { FoundMessage } from '../page/data.ts';
import { demandAccount } from './account-guard.ts';
import type { SendDeadline } from './deadline.ts';
import { unsent } from './errors.ts';
import { Recipients } from './recipients.ts';
import type { SendRequest } from './request.ts';
import type { SendingBrowser, SendingPage } from './sending-browser.ts';

/** What a send asks of the page before anything is sent: a browser that fails here leaves no doubt. */
export class PageQuestions {
  readonly #limits: Pick<BridgeLimits, 'callMs'>;
  readonly #recipients = new Recipients();

  constructor(limits: Pick<BridgeLimits, 'callMs'>) {
    this.#limits = limits;
  }

  async ask<T>(
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

  /** A message of the chat at this address, by its stanza id, or any by its serialized id. */
  find(
    browser: SendingBrowser,
    request: SendRequest,
    id: string,
    address: string,
    deadline: SendDeadline,
  ): Promise<FoundMessage | undefined> {
    return this.ask(browser, 'the look for a message', request, deadline, ({ sends }) =>
      sends.find(id, address),
    );
  }

  /** Throws `account_changed`: to be asked before anything is looked for, since a look in other chats proves nothing. */
  async demandAccount(
    browser: SendingBrowser,
    { account, chatId }: SendRequest,
    deadline: SendDeadline,
  ): Promise<void> {
    try {
      await demandAccount(browser, account, Math.min(this.#limits.callMs, deadline.leftMs));
    } catch (error) {
      throw unsent(error, chatId);
    }
  }

  /** Where the recipient is reached. Throws `recipient_not_on_whatsapp`. */
  async addressOf(browser: SendingBrowser, { chatId }: SendRequest, deadline: SendDeadline): Promise<string> {
    try {
      const ms = Math.min(this.#limits.callMs, deadline.leftMs);
      return await this.#recipients.addressOf(browser, chatId, ms);
    } catch (error) {
      throw unsent(error, chatId);
    }
  }

  /** A send to this recipient has failed: its address is asked for again. */
  forget(browser: SendingBrowser, { chatId }: SendRequest): void {
    this.#recipients.forget(browser, chatId);
  }
}
