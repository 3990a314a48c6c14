import { lidOf, registeredNumber } from '../web/people/directory.ts';
import type { Phone } from './phone.ts';

/** How the server words errors by code: guessed. The page passes the text on. Source: `WAWebQueryExistsJob` (jigger@0fbd5e1a). */
const ERROR_TEXTS: Readonly<Record<number, string>> = { 429: 'rate-overlimit', 500: 'internal-server-error' };

/** A look-up: the id, and the server in the address under which the page asks (`c.us` or `lid`). */
export interface Lookup {
  readonly id: string;
  readonly by: string;
}

/**
 * Looks up the account of a WhatsApp id, as the server of WhatsApp does for a page that asks in LID addressing mode: the
 * number under which it is registered, and its LID if it has one. `account` is null when nobody has the number. A look-up by
 * LID does not give a number that is hidden.
 */
export function answerUsync(phone: Phone, { id, by }: Lookup): object {
  const { usyncError: code, hiddenNumbers } = phone.policy;
  if (code !== 0) return { error: { code, text: ERROR_TEXTS[code] ?? 'error' } };
  const [user = '', server] = id.split('@');
  // The wire names people with a known number by that number, whichever way the page asks.
  if (server === 'lid') return { account: { pn: null, lid: id } };
  const number = registeredNumber(user);
  if (phone.unregistered.includes(`${number}@c.us`)) return { account: null };
  const lid = lidOf(number);
  const isHidden = by === 'lid' && hiddenNumbers.includes(number);
  return {
    account: { pn: isHidden ? null : `${number}@c.us`, lid: lid === undefined ? null : `${lid}@lid` },
  };
}
