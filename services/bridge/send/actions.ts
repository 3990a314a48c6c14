import type { BridgeContent } from '../../contract/content.ts';
import { KitError } from '../../contract/errors.ts';
import type { FoundMessage } from '../page/data.ts';
import type { SendingPage } from './sending-browser.ts';

/** Content that changes a message that is there. Doing it twice does no more than doing it once. */
export type Action = Extract<BridgeContent, { target: string }>;

export function isAction(content: BridgeContent): content is Action {
  return 'target' in content;
}

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

/** Whether it has been done before; of a reaction nobody knows. */
export function isDone(action: Action, target: FoundMessage): boolean {
  if (action.kind === 'edit') return target.type === 'chat' && target.body === action.text;
  return action.kind === 'delete' && target.type === 'revoked';
}

/** Does it. Throws `send_refused`. */
export async function perform({ sends }: SendingPage, action: Action, target: FoundMessage): Promise<void> {
  if (action.kind === 'reaction') return sends.react(target.id, action.emoji);
  if (action.kind === 'delete') return sends.revoke(target.id);
  if (!(await sends.edit(target.id, action.text)))
    throw refused(target, 'WhatsApp does not let it be edited');
}

function refused({ id }: FoundMessage, why: string): KitError {
  return new KitError('send_refused', `nothing was done to ${id}: ${why}`);
}
