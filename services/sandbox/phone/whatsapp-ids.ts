import { randomBytes } from 'node:crypto';
import { toChatId, toPhoneDigits } from '../../contract/chat-id.ts';
import { KitError } from '../../contract/errors.ts';
import { numberOf, registeredNumber } from '../web/people/directory.ts';
import { STATUS } from './broadcasts.ts';

/** Random bytes as WhatsApp writes them in ids: upper-case hexadecimal. */
export function randomHex(byteCount: number): string {
  return randomBytes(byteCount).toString('hex').toUpperCase();
}

/**
 * The WhatsApp id in a field of a request, as the phone keeps it: people by the number under which they are registered.
 * Throws `body_invalid`.
 */
export function idOf(field: string, text: string): string {
  try {
    return canonicalId(toChatId(text));
  } catch (cause) {
    const message = 'must be a phone number with its country code, or a WhatsApp id such as 15551234567@c.us';
    throw new KitError('body_invalid', `${field} ${message}`, { cause, fields: [{ field, message }] });
  }
}

/** As `idOf`, for a chat: the status is one too. Throws `body_invalid`. */
export function chatIdOf(field: string, text: string): string {
  return text === STATUS ? STATUS : idOf(field, text);
}

/** The digits under which the account of a phone is registered. Throws `body_invalid` for what is no number. */
export function phoneNumberOf(field: string, text: string): string {
  try {
    return registeredNumber(toPhoneDigits(text));
  } catch (cause) {
    const message = 'must be a phone number with its country code';
    throw new KitError('body_invalid', `${field} ${message}`, { cause, fields: [{ field, message }] });
  }
}

function canonicalId(id: string): string {
  const [user = '', server] = id.split('@');
  const number = server === 'lid' ? numberOf(user) : user;
  return number === undefined || (server !== 'lid' && server !== 'c.us')
    ? id
    : `${registeredNumber(number)}@c.us`;
}
