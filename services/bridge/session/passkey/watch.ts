import { errorText } from '../../../contract/errors.ts';
import type { Log } from '../../../runtime/log.ts';
import { isLinked, type PageState } from '../../page/page-state.ts';

/** Between two requests for a challenge: a page that fails at once must not ask WhatsApp for one after the other. */
const RETRY_MS = 10_000;

/** Reason of the state `passkey`. */
export const PASSKEY_REASON =
  'WhatsApp asks for the passkey of this account, which only a browser tab at https://web.whatsapp.com can use: run `gatehouse passkey`, or GET /api/whatsapp/passkey, and paste its snippet into the console of such a tab (unproven on the real WhatsApp)';

/** What the watch needs of its surroundings. */
export interface PasskeyPage {
  /** Asks the page for a challenge. */
  start(): Promise<unknown>;
  passkey(reason: string): void;
  /** The page no longer asks, and is not linked: it shows its code again. */
  linking(): void;
}

/**
 * Sees whether a page that links asks for the user's passkey. Without it the user would see the code for ever: nobody
 * clicks on "Continue" in the page.
 */
export class PasskeyWatch {
  readonly #page: PasskeyPage;
  readonly #log: Log;
  #isAsked = false;
  #startedAt = Number.NEGATIVE_INFINITY;

  constructor(page: PasskeyPage, log: Log) {
    this.#page = page;
    this.#log = log;
  }

  /** The page asked at the last look. */
  get isAsked(): boolean {
    return this.#isAsked;
  }

  /** Looks at the page; true while it asks. */
  async look(page: PageState | undefined): Promise<boolean> {
    const wasAsked = this.#isAsked;
    this.#isAsked = page?.asksForPasskey === true && !isLinked(page);
    if (!this.#isAsked) {
      if (wasAsked && page !== undefined && !isLinked(page)) this.#page.linking();
      return false;
    }
    this.#page.passkey(PASSKEY_REASON);
    if (Date.now() - this.#startedAt < RETRY_MS) return true;
    this.#startedAt = Date.now();
    try {
      await this.#page.start();
    } catch (error) {
      this.#log.warn({ err: error }, `the page could not be asked for a challenge: ${errorText(error)}`);
    }
    return true;
  }
}
