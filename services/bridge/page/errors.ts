import { errorText } from '../../contract/errors.ts';
import { DeadlineError } from '../deadline.ts';
import { PageDataError } from './data.ts';

/** The browser died, or was given up, before a call into it was answered. */
export class BrowserEndedError extends Error {
  override readonly name = 'BrowserEndedError';
}

/** Whether the page itself threw: it answered, and nothing is under way. All else leaves the outcome open. */
export function isPageError(error: unknown): boolean {
  if (error instanceof DeadlineError || error instanceof BrowserEndedError || error instanceof PageDataError)
    return false;
  return !BROKEN_OFF.test(errorText(error));
}

/** Errors by which puppeteer says that the page went away, not that it answered. */
const BROKEN_OFF =
  /Target closed|Session closed|detached Frame|Execution context was destroyed|frame was detached|Protocol error|timed out|Cannot find context|Connection closed/i;
