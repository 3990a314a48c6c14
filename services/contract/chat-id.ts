import { z } from 'zod';
import { errorText, KitError } from './errors.ts';

const WHATSAPP_ID = /^[\w.:-]+@(?:c\.us|g\.us|lid|newsletter)$/;
/** What people put around and between the digits of a number; some of it is not on a keyboard. */
const DECORATION = /[\s().\-/\u00a0\u2010-\u2015\u202a-\u202e\u2066-\u2069]/g;
const PREFIXES = /^(?:tel:|whatsapp:|(?:https?:\/\/)?wa\.me\/)/i;
/** E.164 allows 15 digits; the shortest numbers with a country code have 7. */
export const PHONE_DIGITS = /^[1-9]\d{6,14}$/;

/** The longest recipient that any service of the kit takes, as an id or as a number. */
export const MAX_RECIPIENT_CHARACTERS = 128;

/**
 * The WhatsApp id of a recipient, who may be given as a phone number in any common form:
 * `+1 (555) 123-4567` is `15551234567@c.us`. Throws KitError `recipient_invalid`.
 */
export function toChatId(recipient: string): string {
  if (WHATSAPP_ID.test(recipient)) {
    if (recipient.length <= MAX_RECIPIENT_CHARACTERS) return recipient;
    throw new KitError(
      'recipient_invalid',
      `a WhatsApp id has at most ${MAX_RECIPIENT_CHARACTERS} characters, and this one has ${recipient.length}`,
    );
  }
  return `${toPhoneDigits(recipient)}@c.us`;
}

/** A recipient in any form, as a field of a query or a body: its WhatsApp id. */
export const chatIdSchema = z.string().transform((text, context) => {
  try {
    return toChatId(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: errorText(error) });
    return z.NEVER;
  }
});

/** The digits of a phone number with its country code, which must be there. Throws KitError `recipient_invalid`. */
export function toPhoneDigits(number: string): string {
  const digits = number
    .trim()
    .replace(PREFIXES, '')
    .replace(/@(?:c\.us|s\.whatsapp\.net)$/, '')
    .replace(DECORATION, '')
    .replace(/^(?:\+|00)/, '');
  if (PHONE_DIGITS.test(digits)) return digits;
  throw new KitError(
    'recipient_invalid',
    `${JSON.stringify(number.slice(0, 80))} is neither a phone number with its country code, such as +1 555 123 4567, nor a WhatsApp id, such as 15551234567@c.us`,
  );
}
