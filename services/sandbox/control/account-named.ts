import type { Account } from '../phone/account.ts';
import type { Phone } from '../phone/phone.ts';
import { phoneNumberOf } from '../phone/whatsapp-ids.ts';

/**
 * The account that a request means: that of the phone in its field `phone`, a number in any common form, or the current one.
 * Throws `body_invalid` for what is no number, and `not_found` for a phone that is not known.
 */
export function accountNamed(phone: Phone, number: string | undefined): Account {
  return number === undefined ? phone.account : phone.accounts.demand(phoneNumberOf('phone', number));
}
