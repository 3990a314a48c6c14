import { KitError } from '../../contract/errors.ts';
import type { SendWord } from '../page/errors.ts';

/** WhatsApp refuses an account that may write to no more strangers for now. Source: peers name it a reach-out time-lock. */
const REACH_OUT_TIMELOCK = 463;
/** Source: `WAWebCreateNackFromStanza` (NewChatMessagesCapped; jigger@0fbd5e1a). */
const NEW_CHATS_CAPPED = 475;
/** Source: `WAWebErrorType`, `WAWebSendMsgRecordAction` (jigger@0fbd5e1a). */
const CAPPED = 'UserReachedMaxMonthlyLimitForNewMessages';
/** Source: `WAWebContactBlockedErrorAction`, `WAWebSendMsgRecordAction` (jigger@0fbd5e1a). */
const BLOCKED = 'Contact is blocked';

/**
 * What the page's word on a send means; undefined when WhatsApp's server has the message. `recipient_restricted` and
 * `send_failed`: the server has not accepted it, and another try may go through. `send_refused`: no other try would.
 */
export function refusalIn(word: SendWord, chatId: string, cause?: unknown): KitError | undefined {
  const { result, code, ack = 0, errorCode, error } = word;
  const options = { cause };
  if (result === 'OK' || ack > 0) return undefined;
  if (code === REACH_OUT_TIMELOCK)
    return new KitError(
      'recipient_restricted',
      `WhatsApp lets this account write to no more strangers now, and refused ${chatId} (error ${code})`,
      options,
    );
  if (code === NEW_CHATS_CAPPED || errorCode === CAPPED)
    return new KitError(
      'recipient_restricted',
      `this account has begun as many new chats as WhatsApp allows in a month, and WhatsApp refused ${chatId} (error ${NEW_CHATS_CAPPED})`,
      options,
    );
  if (isBlocked(word))
    return new KitError(
      'send_refused',
      `this account has blocked ${chatId}: unblock the contact on the phone, then send a new message`,
      options,
    );
  if (code !== undefined)
    return new KitError('send_refused', `WhatsApp's server refused the message (error ${code})`, options);
  if (result === 'NOT_SENT' && ack === 0)
    return new KitError(
      'send_refused',
      `WhatsApp Web cannot send this message again (${error}): look at the chat on the phone, and send a new message if it is not there`,
      options,
    );
  // A refusal of which the page does not tell the code may be one of those that end by themselves.
  const why = error === undefined ? result : `${result}: ${error}`;
  return new KitError(
    'send_failed',
    `WhatsApp's server did not accept the message: WhatsApp Web gave it up (${why}, ack ${ack})`,
    options,
  );
}

/** Whether the text or the word of the page says that this account has blocked the contact. */
export function isBlocked({ errorName, error }: Pick<SendWord, 'errorName' | 'error'>): boolean {
  return errorName === 'ContactBlocked' || error === BLOCKED;
}
