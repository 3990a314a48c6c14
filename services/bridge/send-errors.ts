import { errorText, KitError } from '../contract/errors.ts';
import { DeadlineError } from './deadline.ts';
import { LifeEndedError } from './life-end.ts';
import { PageDataError } from './page-data.ts';

/** Errors by which puppeteer says that the page went away, not that it answered. */
const BROKEN_OFF =
  /Target closed|Session closed|detached Frame|Execution context was destroyed|frame was detached|Protocol error|timed out|Cannot find context|Connection closed/i;

/** Whether the page itself threw: it answered, and nothing is under way. All else leaves the outcome open. */
export function isPageError(error: unknown): boolean {
  if (error instanceof DeadlineError || error instanceof LifeEndedError || error instanceof PageDataError)
    return false;
  return !BROKEN_OFF.test(errorText(error));
}

/** What the page's error says of the send that it ended. */
export function refusalOf(error: unknown, chatId: string): KitError {
  const text = errorText(error);
  const options = { cause: error };
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
  return new KitError('send_refused', `WhatsApp Web refused the message: ${text.split('\n')[0]}`, options);
}
