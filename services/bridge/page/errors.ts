import { z } from 'zod';
import { errorText } from '../../contract/errors.ts';
import { DeadlineError } from '../deadline.ts';
import { PageDataError, parse } from './data.ts';

/** The browser died, or was given up, before a call into it was answered. */
export class BrowserEndedError extends Error {
  override readonly name = 'BrowserEndedError';
}

/**
 * How the page ended a send. Source: `WAWebSendMsgRecordAction`, `WAWebSendMsgResultAction`, `WAWebHandleMsgError`,
 * `WAWebErrorType` (jigger@0fbd5e1a).
 */
export const sendWordSchema = z.object({
  /** The page's `messageSendResult`; or `REJECTED` when its promise was rejected, `NOT_SENT` when a retry sent nothing. */
  result: z.string(),
  /** The code with which WhatsApp's server refused the message. */
  code: z.number().optional().catch(undefined),
  /** The name and the text of the error that rejected the send. */
  error: z.string().optional().catch(undefined),
  errorName: z.string().optional().catch(undefined),
  /** Of the message, after the send. */
  ack: z.number().optional().catch(undefined),
  isSendFailure: z.boolean().optional().catch(undefined),
  errorCode: z.string().optional().catch(undefined),
});
export type SendWord = z.infer<typeof sendWordSchema>;

/** The message stands in its chat, and the page or WhatsApp's server ended its send without success. */
export class SendEndedError extends Error {
  override readonly name = 'SendEndedError';
  readonly word: SendWord;

  constructor(word: SendWord) {
    super(`WhatsApp Web ended the send with ${JSON.stringify(word)}`);
    this.word = word;
  }
}

/** How the send hook begins the text of an error that carries a `SendWord`. */
export const ENDED = 'gatehouse: ended: ';

/** How the page begins the text of an error that says that it is linked to another account; JSON of both follows. */
export const OTHER_ACCOUNT = 'gatehouse: other account: ';

const otherAccountSchema = z.object({ account: z.string(), linked: z.string() });
/** The account that a call was for, and the one that the page is linked to. */
export type OtherAccount = z.infer<typeof otherAccountSchema>;

/** What a page says that is linked to another account; undefined for any other error. */
export function readOtherAccount(error: unknown): OtherAccount | undefined {
  const [line = ''] = errorText(error).split('\n');
  const at = line.indexOf(OTHER_ACCOUNT);
  return at < 0
    ? undefined
    : otherAccountSchema.safeParse(jsonOf(line.slice(at + OTHER_ACCOUNT.length))).data;
}

/** The error with the page's word when the page threw one; else the error itself. Throws PageDataError. */
export function readSendError(error: unknown): unknown {
  const [line = ''] = errorText(error).split('\n');
  const at = line.indexOf(ENDED);
  if (at < 0) return error;
  return new SendEndedError(parse(sendWordSchema, jsonOf(line.slice(at + ENDED.length)), 'end of a send'));
}

/** Whether the page itself threw: it answered, and nothing is under way. All else leaves the outcome open. */
export function isPageError(error: unknown): boolean {
  if (error instanceof SendEndedError) return true;
  if (error instanceof DeadlineError || error instanceof BrowserEndedError || error instanceof PageDataError)
    return false;
  return !BROKEN_OFF.test(errorText(error));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Errors by which puppeteer says that the page went away, not that it answered. */
const BROKEN_OFF =
  /Target closed|Session closed|detached Frame|Execution context was destroyed|frame was detached|Protocol error|timed out|Cannot find context|Connection closed/i;
