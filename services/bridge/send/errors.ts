import { errorText, KitError } from '../../contract/errors.ts';
import { DeadlineError } from '../deadline.ts';
import { BrowserEndedError, isPageError, readOtherAccount, SendEndedError } from '../page/errors.ts';
import { isBlocked, refusalIn } from './refusals.ts';

const NOT_HOOKED = /gatehouse: not steered/;

/** Whether a send failed, for no reason that is known, in a page that does not tell how far it was. */
export function isOpenFailure(error: unknown): boolean {
  return NOT_HOOKED.test(errorText(error)) && refusalOf(error, '').code === 'send_failed';
}

/** Whether the page found a message under the id that it was to send under. */
export function isAlreadyThere(error: unknown): boolean {
  return errorText(error).includes('gatehouse: already there');
}

/** Whether the code of the page failed, for no reason that is known: the page may have changed. */
export function isFailureOfPage(error: unknown): boolean {
  if (!(error instanceof KitError) || !['send_failed', 'outcome_unknown'].includes(error.code)) return false;
  const { cause } = error;
  return cause !== undefined && isPageError(cause) && !(cause instanceof SendEndedError);
}

/** What the page's error says of the send that it ended before anything was sent. */
export function refusalOf(error: unknown, chatId: string): KitError {
  const text = errorText(error).split('\n')[0] ?? '';
  const options = { cause: error };
  if (error instanceof SendEndedError) {
    const refusal = refusalIn(error.word, chatId, error);
    if (refusal !== undefined) return refusal;
  }
  const other = readOtherAccount(error);
  if (other !== undefined) {
    return new KitError(
      'account_changed',
      `nothing was sent: it belongs to the account ${other.account}, and ${other.linked} is linked now`,
      options,
    );
  }
  // An edit or a reaction, of which the library passes on the text alone.
  const blocked = isBlocked({ error: text }) && refusalIn({ result: 'REJECTED', error: text }, chatId, error);
  if (blocked) return blocked;
  if (/No LID for user|LID is missing/i.test(text)) {
    return new KitError(
      'recipient_not_resolvable',
      `WhatsApp gives no address for ${chatId}: ${text}`,
      options,
    );
  }
  if (/invalid wid|wid error/i.test(text)) {
    return new KitError('recipient_invalid', `WhatsApp does not take "${chatId}" for an id`, options);
  }
  if (text.includes('gatehouse: too late')) {
    return new KitError('whatsapp_not_ready', 'nothing was sent: the page was too slow to begin', options);
  }
  if (/gatehouse: not (synced|prepared)|Could not get the quoted message/.test(text)) {
    return new KitError(
      'whatsapp_not_ready',
      'nothing was sent: WhatsApp has just loaded its page anew',
      options,
    );
  }
  if (text.includes("'atob'"))
    return new KitError('media_unusable', 'the data of the medium is not base64', options);
  return new KitError('send_failed', `nothing was sent: WhatsApp Web failed with "${text}"`, options);
}

/** What an error means that came before the message was handed to WhatsApp: it was certainly not sent. */
export function unsent(error: unknown, chatId: string): KitError {
  if (error instanceof KitError) return error;
  if (isPageError(error)) return refusalOf(error, chatId);
  // What is slow for one chat is no reason to hold back all of them, as the api does for `whatsapp_not_ready`.
  const code = error instanceof DeadlineError ? 'send_failed' : 'whatsapp_not_ready';
  return new KitError(code, `nothing was sent: ${errorText(error)}`, { cause: error });
}

/** The error of a send that may or may not have gone out. */
export function unknownOutcome(id: string, cause: unknown): KitError {
  const known = cause instanceof DeadlineError || cause instanceof BrowserEndedError;
  const why = known ? cause.message : `the browser broke off: ${errorText(cause)}`;
  return new KitError('outcome_unknown', `message ${id} may have been sent: ${why}`, { cause });
}
