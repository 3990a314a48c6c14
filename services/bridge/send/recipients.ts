import { KitError } from '../../contract/errors.ts';
import type { Person } from '../../contract/person.ts';
import type { ResolvedPerson } from '../page/people/resolve.ts';
import type { SendingBrowser } from './sending-browser.ts';

const REMEMBERED = 10_000;

/** Where a send goes. */
export interface Recipient {
  readonly address: string;
  /** Undefined for a group and a channel. */
  readonly person: Person | undefined;
}

/**
 * Where a number is reached: as the page knows it, else asked of WhatsApp at the first contact; then remembered. Its own
 * address for a number may differ from it, and writing to numbers that do not exist is what gets accounts restricted. An address is
 * known to the browser that was asked: a page may refuse a LID of which it has not learned the number
 * (`WAWebFindChat`, jigger@0fbd5e1a), and one that was killed may not have stored what it had learned.
 */
export class Recipients {
  /** Undefined: a send to it has failed. */
  readonly #known = new WeakMap<SendingBrowser, Map<string, Recipient | undefined>>();

  /** Asks for at most `ms`. Throws `recipient_not_on_whatsapp`. Groups, LIDs and channels are taken as they are. */
  async find(browser: SendingBrowser, chatId: string, ms: number): Promise<Recipient> {
    if (!/@(c\.us|lid)$/.test(chatId)) return { address: chatId, person: undefined };
    const known = this.#in(browser).get(chatId);
    if (known !== undefined) return known;
    // What the page knows may be why the send has failed.
    const isFresh = this.#in(browser).has(chatId);
    const found = await browser.call(
      'the check of a number',
      ({ sends }) => sends.resolve(chatId, { isFresh }),
      ms,
    );
    if (found === undefined) throw notOnWhatsApp(chatId);
    this.keep(browser, chatId, found);
    return recipientOf(chatId, found);
  }

  /** What the page has said of this number or LID counts from now on. */
  keep(browser: SendingBrowser, chatId: string, found: ResolvedPerson): void {
    // The page may yet learn the number of a LID.
    if (!found.isAsked && found.person.phone_number === undefined) return;
    const addresses = this.#in(browser);
    addresses.delete(chatId);
    addresses.set(chatId, recipientOf(chatId, found));
    for (const oldest of addresses.keys()) {
      if (addresses.size <= REMEMBERED) break;
      addresses.delete(oldest);
    }
  }

  /** A send to this address has failed, or WhatsApp no longer knows the number: it is asked for again. */
  forget(browser: SendingBrowser, chatId: string): void {
    const addresses = this.#in(browser);
    if (addresses.has(chatId)) addresses.set(chatId, undefined);
  }

  /** Another account is linked in this browser. */
  clear(browser: SendingBrowser): void {
    this.#known.delete(browser);
  }

  #in(browser: SendingBrowser): Map<string, Recipient | undefined> {
    const addresses = this.#known.get(browser) ?? new Map<string, Recipient | undefined>();
    this.#known.set(browser, addresses);
    return addresses;
  }
}

export function notOnWhatsApp(chatId: string): KitError {
  return new KitError('recipient_not_on_whatsapp', `WhatsApp knows no account for ${chatId}`);
}

function recipientOf(chatId: string, { chatId: address, person }: ResolvedPerson): Recipient {
  return { address: chatId.endsWith('@lid') ? chatId : address, person };
}
