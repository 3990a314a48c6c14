import type { BridgeLimits } from '../limits.ts';
import type { FoundMessage } from '../page/data.ts';
import type { SendDeadline } from './deadline.ts';
import { unsent } from './errors.ts';
import { type Recipient, Recipients } from './recipients.ts';
import type { SendRequest } from './request.ts';
import type { SendingBrowser, SendingPage } from './sending-browser.ts';

/** One send in the turn of its chat, and the browser that does it. */
export interface AskedFor {
  readonly browser: SendingBrowser;
  readonly request: SendRequest;
  readonly deadline: SendDeadline;
}

/** What a send asks of the page before anything is sent: a page that fails here leaves no doubt. */
export class PageQuestions {
  readonly recipients = new Recipients();
  readonly #limits: BridgeLimits;
  readonly #onOtherAccount: () => void;
  /** The ids of the account that was linked when the page was last asked; none as long as no page has said. */
  #account: readonly string[] = [];

  /** `onOtherAccount` is called when a page says another account than the one before. */
  constructor(limits: BridgeLimits, onOtherAccount: () => void) {
    this.#limits = limits;
    this.#onOtherAccount = onOtherAccount;
  }

  /**
   * The ids of the account that is linked, and of the one that the message belongs to; none where nobody says. Throws
   * `account_changed` when the two differ.
   */
  async accountOf(asked: AskedFor): Promise<readonly string[]> {
    const { account } = asked.request;
    const own = await this.ask('the account', asked, ({ sends }) => sends.account(account));
    if (own.length > 0) {
      const isOther = this.#account.length > 0 && !own.some((id) => this.#account.includes(id));
      this.#account = own;
      if (isOther) {
        this.recipients.clear(asked.browser);
        this.#onOtherAccount();
      }
    }
    return account === undefined ? own : [...new Set([...own, account])];
  }

  /** Throws `recipient_*`. */
  async recipientOf({ browser, request, deadline }: AskedFor): Promise<Recipient> {
    const { chatId } = request;
    try {
      return await this.recipients.find(browser, chatId, Math.min(this.#limits.callMs, deadline.leftMs));
    } catch (error) {
      throw unsent(error, chatId);
    }
  }

  find(asked: AskedFor, id: string, address: string): Promise<FoundMessage | undefined> {
    return this.look('the look for a message', asked, ({ sends }) => sends.find(id, address));
  }

  /** A look proves something of the account that was linked all the time. Throws `account_changed`. */
  async look<T>(what: string, asked: AskedFor, act: (page: SendingPage) => Promise<T>): Promise<T> {
    const found = await this.ask(what, asked, act);
    if (asked.request.account !== undefined) await this.accountOf(asked);
    return found;
  }

  async ask<T>(
    what: string,
    { browser, request, deadline }: AskedFor,
    act: (page: SendingPage) => Promise<T>,
  ): Promise<T> {
    const ms = Math.min(this.#limits.callMs, deadline.check('what comes before it took too long'));
    try {
      return await browser.call(what, act, ms);
    } catch (error) {
      throw unsent(error, request.chatId);
    }
  }
}
