import { KitError } from '../../contract/errors.ts';
import type { SendingBrowser } from './sending-browser.ts';

const REMEMBERED = 10_000;
const UNKNOWN_TTL_MS = 600_000;

/**
 * Where a number is reached: asked of WhatsApp at the first contact and remembered, because its own address for a
 * number may differ from it, and because writing to numbers that do not exist is what gets accounts restricted. An address is
 * known to the browser that was asked: a page may refuse a LID of which it has not learned the number
 * (`WAWebFindChat`, jigger@0fbd5e1a), and one that was killed may not have stored what it had learned.
 */
export class Recipients {
  readonly #known = new WeakMap<SendingBrowser, Map<string, string>>();
  readonly #unknownUntil = new Map<string, number>();

  /** Asks for at most `ms`. Throws `recipient_not_on_whatsapp`. Groups, lids and channels are taken as they are. */
  async addressOf(browser: SendingBrowser, chatId: string, ms: number): Promise<string> {
    if (!chatId.endsWith('@c.us')) return chatId;
    const addresses = this.#known.get(browser) ?? new Map<string, string>();
    this.#known.set(browser, addresses);
    const known = addresses.get(chatId);
    if (known !== undefined) return known;
    if ((this.#unknownUntil.get(chatId) ?? 0) > Date.now()) throw notOnWhatsApp(chatId);
    const address = await browser.call('the check of a number', ({ sends }) => sends.addressOf(chatId), ms);
    if (address === undefined) {
      remember(this.#unknownUntil, chatId, Date.now() + UNKNOWN_TTL_MS);
      throw notOnWhatsApp(chatId);
    }
    remember(addresses, chatId, address);
    return address;
  }

  /** A send to this address has failed: it is asked for again. */
  forget(browser: SendingBrowser, chatId: string): void {
    this.#known.get(browser)?.delete(chatId);
  }
}

function notOnWhatsApp(chatId: string): KitError {
  return new KitError('recipient_not_on_whatsapp', `WhatsApp knows no account for ${chatId}`);
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= REMEMBERED) break;
    map.delete(oldest);
  }
}
