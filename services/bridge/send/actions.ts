import type { BridgeContent } from '../../contract/content.ts';
import { KitError } from '../../contract/errors.ts';
import type { FoundMessage } from '../page/data.ts';
import { unknownOutcome } from './errors.ts';
import type { SendingPage } from './sending-browser.ts';

/** Content that changes a message that is there. Doing it twice does no more than doing it once. */
export type Action = Extract<BridgeContent, { target: string }>;

export function isAction(content: BridgeContent): content is Action {
  return 'target' in content;
}

/** Source: `WAWebErrorType` (jigger@0fbd5e1a). */
const EDIT_TOO_LATE = 'EditWindowExpired';

/** Why this account may not do this to this message; undefined when it may. */
export function whyNot(action: Action, target: FoundMessage): KitError | undefined {
  const { from_me, type, mayEdit, mayRevoke } = target;
  if (action.kind === 'edit' && !from_me) return refused(target, 'it is not of this account');
  if (action.kind === 'edit' && type !== 'chat') return refused(target, 'it is no text');
  if (action.kind === 'edit' && !mayEdit)
    return refused(target, 'WhatsApp does not let it be edited: it is too old, or was never sent');
  if (action.kind === 'delete' && !mayRevoke)
    return refused(target, 'WhatsApp does not let this account delete it for everyone, or no longer');
  return undefined;
}

/** Whether it has been done before; of a reaction nobody knows. The page shows an edit before WhatsApp's server has it. */
export function isDone(action: Action, { type, body, isEditFailed }: FoundMessage): boolean {
  if (action.kind === 'edit') return type === 'chat' && body === action.text && !isEditFailed;
  return action.kind === 'delete' && type === 'revoked';
}

/**
 * Does it; resolves when WhatsApp's server has it. Throws `send_refused`, `send_failed`, and `outcome_unknown` for a deletion
 * that is not through at `notAfter` (Unix time in ms). The page refuses it when another account than `account` is linked.
 *
 * The page's promise of a reaction rejects unless the server took it, that of an edit resolves also when it failed, and a
 * deletion has none. Source: `WAWebSendReactionMsgAction`, `WAWebSendMessageEditAction`, `WAWebCmd` (jigger@0fbd5e1a).
 */
export async function perform(
  { sends }: SendingPage,
  action: Action,
  target: FoundMessage,
  notAfter: number,
  account: string | undefined,
): Promise<void> {
  const { id, stanza_id, chat_id } = target;
  if (action.kind === 'reaction') return sends.react(id, action.emoji, account);
  if (action.kind === 'delete') {
    if (await sends.revoke(id, notAfter, account)) return;
    throw unknownOutcome(id, new Error('WhatsApp Web has not deleted the message yet'));
  }
  if (!(await sends.edit(id, action.text, account)))
    throw refused(target, 'WhatsApp does not let it be edited');
  const { isEditFailed = false, errorCode } = (await sends.find(stanza_id, chat_id)) ?? {};
  if (!isEditFailed) return;
  if (errorCode === EDIT_TOO_LATE) throw refused(target, 'it is too old to be edited');
  throw new KitError('send_failed', `WhatsApp's server did not accept the edit of ${id}`);
}

export function unknownMessage(field: string, id: string): KitError {
  return new KitError('not_found', `${field}: this device knows no message ${id} in the chat`);
}

function refused({ id }: FoundMessage, why: string): KitError {
  return new KitError('send_refused', `nothing was done to ${id}: ${why}`);
}
